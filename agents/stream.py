"""Reads one streamed answer of the Messages API, and says in words how it went wrong.

Streaming lets a long answer take its time while a stalled one is noticed early: what counts is the silence between two
events. https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx2  # the SDK's own transport: what it raises in the middle of a stream the SDK passes on as it is
from anthropic.types import Message

from agents.model import ModelError, ModelNonsense, ModelUnavailable

_STATUS = {
    400: "The Claude API did not accept the request",
    401: "The Claude API refused the key; check ANTHROPIC_API_KEY",
    402: "The Claude API asks for payment; check the account's credit",
    403: "The Claude API does not let this key use the model",
    404: "The Claude API does not know this model; check SIGNOFF_MODEL",
    413: "The input is too large for the Claude API",
    429: "The Claude API's rate limit is reached; try again in a minute",
    529: "Claude is overloaded; try again in a minute",
}
_BROKE_OFF = "The Claude API broke off in the middle of its answer."
_IN_STREAM = {"overloaded_error": 529, "rate_limit_error": 429, "api_error": 500, "timeout_error": 504}

LONGEST = 600.0  # seconds that an answer may take in all, however little the silence: what the SDK allows without a stream
TEXT_MAX = 1_000_000  # characters that one answer may have; as many tokens as are asked for never make more


async def streamed(
    client: anthropic.AsyncAnthropic, *, start: float, silence: float, longest: float = LONGEST, **request: Any
) -> tuple[Message, int]:
    """The whole message, and how many tries there were before it. `start` is how many seconds may pass before it begins,
    tries again included, `silence` how many between two events, `longest` how many from the first event to the last.

    Raises ModelUnavailable, ModelNonsense.
    """
    try:
        async with asyncio.timeout(start) as patience:
            async with client.messages.stream(**request) as stream:
                message, retries = await _whole(stream, patience, silence, longest), _retries(stream)
    except (anthropic.APITimeoutError, TimeoutError) as error:
        raise ModelUnavailable("Claude did not answer in time.") from error
    except anthropic.APIConnectionError as error:
        raise ModelUnavailable("The Claude API could not be reached.") from error
    except anthropic.APIStatusError as error:
        raise _refused_by_api(error) from error
    except httpx2.TransportError as error:
        raise ModelUnavailable(_BROKE_OFF) from error
    # A broken body surfaces as JSONDecodeError, which is a ValueError, as events in no order, or as a text where an object
    # should be; one that is nested without end as RecursionError.
    except _UNREADABLE as error:
        raise ModelNonsense("The Claude API sent an answer that cannot be read.") from error
    except anthropic.AnthropicError as error:
        raise ModelNonsense("The Claude API sent an answer that cannot be read.") from error
    if message.stop_reason is None:
        raise ModelUnavailable(_BROKE_OFF)
    return message, retries


_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError, AssertionError, RuntimeError)


async def _whole(stream: Any, patience: asyncio.Timeout, silence: float, longest: float) -> Message:
    events: AsyncIterator[Any] = aiter(stream)
    length, loop = 0, asyncio.get_running_loop()
    end = loop.time() + longest
    async for event in events:
        patience.reschedule(min(loop.time() + silence, end))
        length += len(getattr(getattr(event, "delta", None), "text", None) or "")
        length += len(getattr(getattr(event, "delta", None), "partial_json", None) or "")
        if length > TEXT_MAX:
            raise ModelNonsense("Claude's answer does not have the form that was asked for: it is far too long.")
    message: Message = stream.current_message_snapshot
    return message


def _retries(stream: Any) -> int:
    """How many tries the SDK made before this answer began; it writes that into the headers of each request."""
    return int(stream.response.request.headers.get("x-stainless-retry-count", 0))


def _refused_by_api(error: anthropic.APIStatusError) -> ModelError:
    status = _status(error)
    if status >= 500 and status != 529:
        return ModelUnavailable(f"The Claude API has a problem of its own (status {status}).")
    words = _STATUS.get(status, f"The Claude API answered with status {status}")
    said = _said(error) if status in (400, 413, 422) else ""
    return ModelUnavailable(f"{words}{said}.")


def _status(error: anthropic.APIStatusError) -> int:
    """The status; of an error in the middle of a stream, which begins with 200, the one that it stands for."""
    match error.body:
        case {"error": {"type": str(type)}} if error.status_code == 200:
            return _IN_STREAM.get(type, 500)
    return error.status_code if error.status_code != 200 else 500


def _said(error: anthropic.APIStatusError) -> str:
    match error.body:
        case {"error": {"message": str(message)}}:
            return f": {message[:300].rstrip('.')}"
    return ""
