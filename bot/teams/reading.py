"""Bodies of HTTP messages, read to their end but never beyond a bound."""

from aiohttp import StreamReader


class TooLarge(ValueError):
    """There is more than what is taken."""


async def read(content: StreamReader, most: int) -> bytes:
    """All of it. Raises TooLarge as soon as there are more than `most` bytes, after decompression."""
    raw = bytearray()
    async for chunk in content.iter_any():
        raw += chunk
        if len(raw) > most:
            raise TooLarge(f"More than {most:,} bytes.")
    return bytes(raw)
