"""How a deployment is reached, and what is turned away before anything is looked at."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from bot.settings import Settings


@dataclass(frozen=True)
class Door:
    """How the deployment lets people in. `public_url`: where they reach it, None on this machine only; `readers`: who sees
    every run, as a policy names people; `anchors`: the file that the audit chain is verified against."""

    public_url: str | None = None
    readers: tuple[str, ...] = ()
    anchors: Path = Path("var/audit-anchors.jsonl")

    @property
    def secure(self) -> bool:
        """Whether people come through https."""
        return (self.public_url or "").startswith("https://")

    @property
    def cookie(self) -> str:
        """The session's cookie. With `__Host-` no other site under the same domain can set it."""
        return "__Host-signoff" if self.secure else "signoff"


def door_of(settings: Settings) -> Door:
    """The door that the settings describe."""
    return Door(settings.public_url, settings.page_readers, settings.audit_anchors)


def base_of(settings: Settings) -> str:
    """Where links lead: the public address, else this machine."""
    return settings.public_url or f"http://127.0.0.1:{settings.port}"


def to_this_host(http: web.Request, door: Door) -> None:
    """Without a public address, only this machine's own names are answered: a site that points its own name here is not.
    Raises HTTPMisdirectedRequest."""
    if door.public_url is None and not _loopback(urlsplit(f"//{http.host}").hostname or ""):
        raise web.HTTPMisdirectedRequest(text="Set SIGNOFF_PUBLIC_URL to the address at which people reach Signoff.")


def from_our_own(http: web.Request, door: Door) -> None:
    """Another site must not sign somebody in or out. Raises HTTPForbidden."""
    origin = http.headers.get("Origin")
    wanted = urlsplit(door.public_url).netloc if door.public_url else http.host
    foreign = origin is not None and urlsplit(origin).netloc != wanted
    if foreign or http.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden(text="This came from another site. Open the link again, and press the button there.")


def _loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
