"""Every command, in the same words on every surface, answered to the person who typed it and to nobody else."""

from bot.flow.commands import VERBS
from tests.contracts.surface.chat import Chat
from tests.contracts.surface.features import feature
from tests.contracts.surface.house import LIMITED, House


@feature("Command: run")
async def test_run_begins_a_run_where_it_was_typed(house: House, chat: Chat) -> None:
    told = await house.type("anna", "run payer 480.00 lamp-shop")
    assert "is on it" in told
    assert chat.buttons(await house.card()) != []
    [run] = await house.stage.read(lambda tx: tx.runs(limit=10))
    assert run.requester.name == "Anna Adler" or run.requester.key == chat.key("anna")
    assert run.origin is not None
    assert (run.origin.surface, run.origin.channel) == (chat.here.surface, chat.here.channel)


@feature("Command: list")
async def test_list_says_what_waits(house: House, chat: Chat) -> None:
    assert "Nothing waits for a decision." in await house.type("dan", "list")
    await house.ask()
    before = chat.said()
    told = await house.type("dan", "list")
    assert "1 waiting" in told
    assert (await house.request()).id in told
    assert chat.said() == before, "only Dan sees it"


@feature("Command: show")
async def test_show_tells_all_of_one_request(house: House, chat: Chat) -> None:
    await house.ask()
    told = await house.type("dan", f"show {(await house.request()).id}")
    for part in ("Pay somebody", "480.00", "lamp-shop", "The ticket"):
        assert part in told, part


@feature("Command: cancel")
async def test_cancel_is_for_who_asked(house: House, chat: Chat) -> None:
    await house.ask()
    request = await house.request()
    assert "Only the person who asked" in await house.type("ravi", f"cancel {request.id}")
    assert "Cancelled" in await house.type("anna", f"cancel {request.id}")
    assert "no request" in await house.type("anna", "cancel req_nothing")


@feature("Command: delegate")
async def test_delegate_has_somebody_decide_in_ones_place(house: House, chat: Chat) -> None:
    for written in chat.called("dan"):
        told = await house.type("ravi", f"delegate {written} until friday")
        assert "Dan Dahl" in told, written
        assert "stop" in await house.type("ravi", "delegate"), written
        await house.type("ravi", "delegate stop")
    await house.type("ravi", f"delegate {chat.called('dan')[0]} until friday")
    house.stage.clock.move(seconds=1)
    await house.press("dan", await house.ask(), "Approve")
    assert house.paid == ["480.00 lamp-shop"]
    assert "Ravi Rao" in chat.words(await house.card())


@feature("Command: policy")
async def test_policy_explains_what_it_says_of_an_action(house: House, chat: Chat) -> None:
    before = chat.said()
    house.stage.adopt(LIMITED)
    told = await house.type("dan", 'policy explain pay amount=480.00 to="lamp-shop <b>*x*</b>"')
    for part in ("pay", "high risk", "large payments", "args.amount > 100.0", "args.amount = 480.0", "ravi@example.com"):
        assert part in told, part
    assert "small payments says auto, but does not count" in told
    assert 'args.to = "lamp-shop <b>*x*</b>"' in told, "what was typed is shown as it is"
    assert "runs by itself" in await house.type("dan", 'policy explain pay {"amount": "80.00", "to": "lamp-shop"}')
    assert chat.said() == before, "only Dan sees it"
    assert house.paid == []


@feature("Command: policy")
async def test_policy_explains_for_whoever_asks(house: House, chat: Chat) -> None:
    told = await house.type("ravi", "policy explain pay amount=480 to=lamp-shop")
    assert "ravi@example.com asks for it, and does not decide on it." in told


@feature("Mistyped commands are answered with what was meant")
async def test_what_is_asked_of_the_policy_wrongly_is_answered_with_what_was_meant(house: House, chat: Chat) -> None:
    for line, answer in (
        ("policy", "policy explain ACTION"),
        ("policy explain", "policy explain ACTION"),
        ("policy explian pay", "There is no command"),
        ("policy explain pya amount=480", "Did you mean pay?"),
        ("policy explain pay amuont=480 to=x", "did you mean 'amount'?"),
        ("policy explain pay amount=lots to=x", "amount: input should be a valid decimal"),
        ("policy explain pay 480", "write name=value"),
    ):
        assert answer in await house.type("dan", line), line


@feature("Command: help")
async def test_help_names_every_command_and_agent(house: House, chat: Chat) -> None:
    told = await house.type("dan", "help")
    for name in (*VERBS, "payer", "writer"):
        assert name in told, name
    assert (await house.type("dan", "")).strip() != ""


@feature("Mistyped commands are answered with what was meant")
async def test_a_command_that_does_not_exist_is_answered_with_one_that_does(house: House, chat: Chat) -> None:
    told = await house.type("dan", "lsit")
    assert "Did you mean" in told
    assert "list" in told
    assert "There is no agent" in await house.type("dan", "run nobody at all")


@feature("Commands are for full members")
async def test_guests_and_outsiders_cannot_command(house: House, chat: Chat) -> None:
    for who in ("zoe", "olga"):
        for line in ("run payer 480.00 lamp-shop", "policy explain pay amount=480 to=lamp-shop"):
            assert "Only full members" in await house.type(who, line), line
    assert await house.stage.read(lambda tx: tx.runs(limit=10)) == []


@feature("Commands and cards in a private chat with Signoff")
async def test_somebody_alone_with_signoff_can_command_and_run(house: House, chat: Chat) -> None:
    await chat.type("anna", "list", alone=True)
    assert "Nothing waits for a decision." in chat.told("anna")
    house.stage.clock.move(seconds=1)
    await chat.type("anna", "run payer 480.00 lamp-shop", alone=True)
    await house.settle()
    card = await house.card()
    assert "480.00" in chat.words(card, "anna")
    assert "480.00" not in chat.said(), "nothing of it stands in the channel"
    assert "You asked for this" in await house.press("anna", card, "Approve")
    await chat.type("anna", f"cancel {(await house.request()).id}", alone=True)
    await house.settle()
    assert chat.buttons(await house.card(), "anna") == []


@feature("What is typed arrives as it was typed")
async def test_a_ticket_keeps_its_lines_and_signs(house: House, chat: Chat) -> None:
    text = "note first line\nsecond <b>line</b> & more *stars* _under_ a@b.example"
    await house.type("anna", f"run payer {text}")
    run = await house.stage.run()
    assert run.input == text


@feature("Commands by mentioning Signoff; in a thread, the run stays there")
async def test_a_mention_is_a_command_where_it_was_made(house: House, chat: Chat) -> None:
    await chat.mention("dan", "list")
    assert "Nothing waits for a decision." in chat.told("dan")
    root = await chat.write("dan", "Somebody should pay the lamp shop.")
    house.stage.clock.move(seconds=1)
    await chat.mention("anna", "run payer 480.00 lamp-shop", root)
    await chat.redeliver()
    await house.settle()
    assert "is on it" in chat.told("anna")
    await house.press("ravi", await house.card(), "Approve")
    assert house.paid == ["480.00 lamp-shop"]
    assert "Paid 480.00 to lamp-shop." in chat.in_thread(root)
    for who in ("zoe", "olga"):
        await chat.mention(who, "run payer 480.00 lamp-shop")
        assert "Only full members" in chat.told(who)
    assert len(await house.stage.read(lambda tx: tx.runs(limit=10))) == 1


@feature("A message can be handed to an agent")
async def test_a_message_is_handed_to_an_agent_in_its_own_thread(house: House, chat: Chat) -> None:
    message = await chat.write("dan", "480.00 lamp-shop <b>& all")
    await chat.hand("anna", message)
    for part in ("Dan Dahl", "480.00 lamp-shop <b>& all"):
        assert part in chat.form("anna"), part
    house.stage.clock.move(seconds=1)
    await house.send("anna", "Ask", agent="writer", note="As agreed.")
    assert "writer is on it" in chat.told("anna")
    run = await house.stage.run()
    assert run.input.startswith("480.00 lamp-shop <b>& all\n")
    assert "Written by Dan Dahl." in run.input
    assert run.input.endswith("Note of Anna Adler: As agreed.")
    await house.press("ravi", await house.card(), "Approve")
    assert "Ravi Rao" in chat.in_thread(message)


@feature("A message can be handed to an agent")
async def test_guests_and_outsiders_cannot_hand_over(house: House, chat: Chat) -> None:
    message = await chat.write("dan", "480.00 lamp-shop")
    for who in ("zoe", "olga"):
        await chat.hand(who, message)
        assert not chat.form(who) or "Ask" not in chat.form_buttons(who)
        assert "Only full members" in chat.told(who)
    assert await house.stage.read(lambda tx: tx.runs(limit=10)) == []
