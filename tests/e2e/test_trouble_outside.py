"""Models, mail servers and billing systems that fail: the run or the action ends in a clear state, and people see why."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from agents.claude import ClaudeModel
from agents.support.reading import Reading
from bot.demo import RAVI, Demo
from storage.records import ExecutionStatus, RequestStatus, RunStatus
from tests.e2e.company import BROKEN_LAMP, OPENING_HOURS, Eyes, Premises, actions_of, ask, asked_for, staffed, text_of
from tests.fakes.messages_api import CUT, SILENCE, MessagesApi, fails, raw, says

Replies = Sequence[web.Response | str]

READING = Reading(
    intent="refund", summary="Mia wants her money back.", quote="would like a full refund", language="en", urgency="normal",
    confidence=0.9, suspicious=False, order="A-1042", amount="480", currency="USD",
)  # fmt: skip


@asynccontextmanager
async def thinking(place: Premises, replies: Replies) -> AsyncIterator[Demo]:
    """A Signoff whose agents ask Claude, at a server that answers so."""
    async with (
        MessagesApi(*replies) as api,
        staffed(place, anthropic_api_key="a key", anthropic_base_url=api.url) as demo,
    ):
        yield demo


async def test_a_model_that_answers_leads_to_a_card_without_the_offline_remark(place: Premises) -> None:
    async with thinking(place, [says(READING.model_dump_json())]) as demo:
        eyes, request, card = await asked_for(demo)
        assert request.arguments["amount"] == "480.00"
        assert "Mia wants her money back." not in text_of(card), "what is shown was worded from records, not by the model"
        assert "not by a language model" not in text_of(card)
        [call] = [step.detail for step in await eyes.steps(await eyes.run()) if step.type == "llm_call"]
        assert (call["prompt_tokens"], call["completion_tokens"]) == (100, 20)
        assert call["model"] == "claude-haiku-5-5"


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        pytest.param([CUT, CUT], "The Claude API could not be reached.", id="down"),
        pytest.param([fails(529, "overloaded_error"), fails(529, "overloaded_error")], "overloaded", id="overloaded"),
        pytest.param([fails(401, "authentication_error")], "check ANTHROPIC_API_KEY", id="wrong key"),
        pytest.param([says("", stop="refusal")], "Claude declined to answer this.", id="refuses"),
        pytest.param([says("I think it is a refund!")], "does not have the form", id="nonsense"),
        pytest.param([says('{"intent": "steal"}')], "does not have the form", id="nonsense in JSON"),
        pytest.param([raw("<html>proxy</html>", "text/html")], "cannot be read", id="not the API"),
    ],
)
async def test_a_model_in_trouble_ends_the_run_and_the_channel_hears_why(
    place: Premises, replies: Replies, why: str
) -> None:
    async with thinking(place, replies) as demo:
        await _ends_with(demo, why)


async def test_a_model_that_is_slow_ends_the_run_and_the_channel_hears_why(place: Premises) -> None:
    async with MessagesApi(SILENCE) as api:
        impatient = ClaudeModel("a key", model="claude-haiku-5-5", base_url=api.url, timeout=0.3, retries=0)
        async with staffed(place, model=impatient) as demo:
            await _ends_with(demo, "Claude did not answer in time.")
        await impatient.close()


async def _ends_with(demo: Demo, why: str) -> None:
    eyes = Eyes(demo)
    await ask(demo, BROKEN_LAMP)
    run = await eyes.ended_run()
    assert run.status is RunStatus.failed
    assert run.error is not None
    assert why in run.error
    assert (await eyes.steps(run))[-1].status == "failed"
    assert why in text_of(await eyes.said("support could not finish"))
    assert why in text_of(await eyes.said("This run failed. "))
    assert [entry.event for entry in await eyes.audit()] == ["policy.adopted", "run.started", "run.failed"]


async def test_billing_that_is_down_is_told_on_the_card_and_nothing_happened(company: Demo) -> None:
    eyes, request, card = await asked_for(company)
    await company.world.billing.stop()
    await company.sandbox.click(RAVI.id, card, "signoff_approve")
    ended = await eyes.ended(request)
    await company.world.billing.start()
    await _told(eyes, ended.id, RequestStatus.failed, "Failed: The billing system could not be asked about the charge")
    assert eyes.refunds() == []


async def test_billing_that_refuses_is_told_on_the_card_in_its_words(company: Demo) -> None:
    eyes, request, card = await asked_for(company)
    company.world.billing.fail_next(402)
    await company.sandbox.click(RAVI.id, card, "signoff_approve")
    await _told(
        eyes, request.id, RequestStatus.failed, "Failed: The billing system refused: The billing system has a problem."
    )
    assert eyes.refunds() == []


@pytest.mark.parametrize("trouble", ["drop_after_accepting", 500])
async def test_billing_whose_answer_is_lost_leaves_it_unknown_and_is_not_asked_again(
    company: Demo, trouble: int | str
) -> None:
    eyes, request, card = await asked_for(company)
    company.world.billing.fail_next(trouble)  # type: ignore[arg-type]
    await company.sandbox.click(RAVI.id, card, "signoff_approve")
    await _told(eyes, request.id, RequestStatus.unknown, "Outcome unknown: The refund was sent, but its result is not known")
    made = len(eyes.refunds())
    assert made == (1 if trouble == "drop_after_accepting" else 0)
    await company.sandbox.redeliver_last(2)
    await eyes.audit()
    assert len(eyes.refunds()) == made
    [execution] = await eyes.store.read(lambda tx: tx.executions(request.run_id))
    assert execution.status is ExecutionStatus.unknown


async def test_mail_that_is_down_is_told_on_the_card_and_nothing_was_sent(company: Demo) -> None:
    eyes, request, card = await asked_for(company, OPENING_HOURS)
    await company.world.mailbox.stop()
    await company.sandbox.click(RAVI.id, card, "signoff_approve")
    await _told(eyes, request.id, RequestStatus.failed, "Failed: The mail server could not be reached")
    assert company.world.mailbox.received() == []


async def test_mail_that_is_refused_is_told_on_the_card_in_the_servers_words(company: Demo) -> None:
    eyes, request, card = await asked_for(company, OPENING_HOURS)
    company.world.mailbox.refuse_next()
    await company.sandbox.click(RAVI.id, card, "signoff_approve")
    await _told(eyes, request.id, RequestStatus.failed, "550 5.7.1 The mailbox does not want this message")
    assert company.world.mailbox.received() == []


async def test_mail_whose_answer_is_lost_leaves_it_unknown_and_is_not_sent_again(company: Demo) -> None:
    eyes, request, card = await asked_for(company, OPENING_HOURS)
    company.world.mailbox.drop_next()
    await company.sandbox.click(RAVI.id, card, "signoff_approve")
    await _told(eyes, request.id, RequestStatus.unknown, "Outcome unknown: The connection to the mail server was lost")
    await company.sandbox.redeliver_last(2)
    assert len(company.world.mailbox.received()) == 1


async def _told(eyes: Eyes, request_id: str, status: RequestStatus, words: str) -> None:
    """The request ended so, its card says so without buttons, its evaluation row too, and its requester was told."""
    ended = await eyes.ended(await eyes.store.read(lambda tx: tx.request(request_id)))
    card = await eyes.card(ended, words)
    assert ended.status is status
    assert actions_of(card) == []
    assert (await eyes.evaluation()).outcome == status
    run = await eyes.ended_run()
    await eyes.said(f"@{run.requester.user} ")
    assert [entry.event for entry in await eyes.audit()].count("execution.claimed") == 1
