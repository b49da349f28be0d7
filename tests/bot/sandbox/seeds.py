"""The workspace the sandbox's tests run in."""

from bot.sandbox.people import Channel, Command, Installation, Person, Seed, Shortcut, UserGroup

MIA, NOAH, ZOE, BOT = "U0MIA", "U0NOAH", "U0ZOE", "U0SIGNOFF"
SUPPORT, SECRET, OLD, QUIET = "C0SUPPORT", "C0SECRET", "C0OLD", "C0QUIET"

SEED = Seed(
    people=(
        Person(MIA, "mia", "Mia Chen", "mia@example.com", "Support agent (asks)"),
        Person(NOAH, "noah", "Noah Berg", "noah@example.com", "Reviewer"),
        Person(ZOE, "zoe", "Zoe Guest", "zoe@elsewhere.example", "Guest", is_restricted=True, is_stranger=True),
        Person("U0GONE", "gone", "Gone Girl", "gone@example.com", deleted=True),
    ),
    channels=(
        Channel(SUPPORT, "support", "Customers first", (MIA, NOAH, ZOE, BOT)),
        Channel(SECRET, "secret", members=(NOAH,), is_private=True),
        Channel(OLD, "old", members=(MIA, BOT), is_archived=True),
        Channel(QUIET, "quiet", members=(MIA,)),
    ),
    groups=(UserGroup("S0FINANCE", "finance", (NOAH,)),),
    installation=Installation(
        commands=(Command("/signoff", "run AGENT TEXT"), Command("/other")),
        shortcuts=(Shortcut("ask", "Ask"),),
        events=("app_home_opened", "app_mention", "message.im"),
    ),
)

BUTTON = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}, "value": "r1"}
    ],
}
