"""Where the deployment's signing keys come from: a setting, else a file that is made on the first start."""

import base64
import binascii
import os
import secrets
from pathlib import Path

from bot.flow.seals import SECRET_BYTES, Seals
from storage.store import StorageError


class BadSigningKey(StorageError):
    """The signing key cannot be used; the message says why and what to do."""


def seals_from(setting: str | None, file: Path) -> Seals:
    """The seals of `setting` (keys in base64, the newest first, by comma), else of the key in `file`, which is made if it is
    not there. Raises BadSigningKey."""
    if setting is not None:
        return Seals([_decoded(part, "SIGNOFF_SIGNING_KEY") for part in setting.split(",")])
    try:
        return Seals([_decoded(_kept(file), str(file))])
    except OSError as error:
        raise BadSigningKey(f"The signing key {file} cannot be read or made: {error.strerror or error}.") from error


def new_key() -> str:
    """A new signing key in base64."""
    return base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _kept(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    if not file.exists():
        made.touch(mode=0o600)
        made.write_text(new_key() + "\n", "ascii")
        try:
            os.link(made, file)  # whole or not at all, and never over another process's
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return file.read_text("ascii", "replace")


def _decoded(text: str, where: str) -> bytes:
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSigningKey(f"{where} holds no key in base64. Make one with `openssl rand -base64 32`.") from error
    if len(raw) != SECRET_BYTES:
        raise BadSigningKey(f"{where} holds {len(raw)} bytes instead of {SECRET_BYTES}: use `openssl rand -base64 32`.")
    return raw
