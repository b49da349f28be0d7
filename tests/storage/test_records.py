"""What records read and say."""

import pytest

from storage.records import Place, Verdict
from tests.storage.records import VERDICT


@pytest.mark.parametrize(("channel", "channels"), [(None, ()), ("slack:C9", ("slack:C9",))])
def test_a_verdict_that_was_stored_with_one_channel_is_read(channel: str | None, channels: tuple[str, ...]) -> None:
    stored = VERDICT.model_dump(mode="json", exclude={"channels"}) | {"channel": channel}
    assert Verdict.model_validate(stored) == VERDICT.model_copy(update={"channels": channels})


def test_a_place_is_the_same_channel_whatever_the_thread() -> None:
    place = Place(surface="teams", tenant="t", channel="19:abc@thread.tacv2", thread="1")
    assert place.where == place.model_copy(update={"thread": None}).where == ("teams", "t", "19:abc@thread.tacv2")
