"""Seals and grants: what a row of the database, a button or another program cannot make by itself.

A *seal* is a keyed hash (HMAC-SHA-256) over facts in canonical JSON. Buttons carry one, so that a value that Signoff did not
write does nothing; decisions carry one, so that an approval which somebody wrote into the database does not count.

A *grant* is the right to run one action once: a JWT signed with Ed25519 (RFC 8037), which any executor can verify with the
public key, whatever it is written in. It lives at most five minutes. That it is used once is the database's part: an
execution row can only be claimed once.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import JsonValue

from storage.canonical import canonical
from storage.records import JsonObject

GRANT_LIFE = timedelta(minutes=5)
SECRET_BYTES = 32
ISSUER = "signoff"


class BadGrant(Exception):
    """The grant is not one of ours, is over, or is for something else; the message says which."""


@dataclass(frozen=True)
class Grant:
    """The right to run one action once, exactly as it was shown."""

    execution: str  # id of the execution that claims it
    request: str | None  # None where the policy let the action run without asking
    action: str
    fingerprint: str
    agent: str
    tenant: str
    revision: int
    policy_version: str
    expires_at: datetime  # to the second, as in the token


class _Key:
    """What is derived from one secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"A signing key has {SECRET_BYTES} bytes, this one has {len(secret)}.")
        self.mac = _derived(secret, b"signoff seals")
        self.private = Ed25519PrivateKey.from_private_bytes(_derived(secret, b"signoff grants"))
        public = self.private.public_key()
        self.public = public
        raw = _text(public.public_bytes(Encoding.Raw, PublicFormat.Raw))
        thumbprint = canonical({"crv": "Ed25519", "kty": "OKP", "x": raw})  # RFC 7638
        self.id = _text(hashlib.sha256(thumbprint).digest())
        self.jwk: JsonObject = {"kty": "OKP", "crv": "Ed25519", "x": raw, "kid": self.id, "use": "sig", "alg": "EdDSA"}


class Seals:
    """Makes seals and grants with the first of the deployment's secrets, and knows those of all of them again."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        """`secrets` are 32 bytes each, the newest first. Raises ValueError."""
        if not secrets:
            raise ValueError("At least one signing key is needed.")
        self._keys = tuple(map(_Key, secrets))

    def seal(self, purpose: str, facts: JsonObject) -> str:
        """The seal of `facts` for one purpose, 43 characters. Raises NotCanonical."""
        return _mac(self._keys[0], purpose, facts)

    def holds(self, seal: str, purpose: str, facts: JsonObject) -> bool:
        """Whether `seal` was made here for that purpose over exactly these facts."""
        given = seal.encode(errors="replace")
        return any(hmac.compare_digest(given, _mac(key, purpose, facts).encode()) for key in self._keys)

    def sign(self, grant: Grant) -> str:
        """The grant as a compact JWT."""
        claims: dict[str, JsonValue] = {
            "iss": ISSUER,
            "jti": grant.execution,
            "sub": grant.request,
            "exp": int(grant.expires_at.timestamp()),
            "action": grant.action,
            "fingerprint": grant.fingerprint,
            "agent": grant.agent,
            "tenant": grant.tenant,
            "revision": grant.revision,
            "policy_version": grant.policy_version,
        }
        if grant.request is None:
            del claims["sub"]
        newest = self._keys[0]
        return jwt.encode(claims, newest.private, algorithm="EdDSA", headers={"kid": newest.id})

    def verify(self, token: str, now: datetime) -> Grant:
        """The grant that `token` is. Raises BadGrant if it is not ours, was altered, or is over at `now`."""
        grant = self._opened(token)
        if now >= grant.expires_at:
            raise BadGrant(f"The grant ended at {grant.expires_at:%H:%M:%S} UTC; a grant lives five minutes.")
        return grant

    def public_keys(self) -> JsonObject:
        """The keys with which grants are verified, as a JWK set (RFC 7517)."""
        return {"keys": [key.jwk for key in self._keys]}

    def _opened(self, token: str) -> Grant:
        try:
            wanted = jwt.get_unverified_header(token).get("kid")
            key = next((key for key in self._keys if key.id == wanted), None)
            if key is None:
                raise BadGrant("The grant was signed with a key that is not this deployment's.")
            claims = jwt.decode(
                token,
                key.public,
                algorithms=["EdDSA"],
                issuer=ISSUER,
                options={"verify_exp": False, "require": ["exp", "jti"]},  # time is passed in, not taken
            )
            return Grant(
                execution=claims["jti"],
                request=claims.get("sub"),
                action=claims["action"],
                fingerprint=claims["fingerprint"],
                agent=claims["agent"],
                tenant=claims["tenant"],
                revision=claims["revision"],
                policy_version=claims["policy_version"],
                expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            )
        except (jwt.InvalidTokenError, KeyError, ValueError, UnicodeError) as error:
            raise BadGrant("This is not a grant, or it was altered.") from error


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)


def _mac(key: _Key, purpose: str, facts: JsonObject) -> str:
    return _text(hmac.new(key.mac, canonical({"purpose": purpose, "facts": facts}), hashlib.sha256).digest())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
