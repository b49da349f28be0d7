"""What every condition may name, with the shape of each, besides the arguments of the action (`args`)."""

from collections.abc import Mapping

from policies.conditions.shapes import Fields, ListOf, Plain, Shape

EVIDENCE = Fields(
    "evidence", {name: Plain("string") for name in ("title", "quote")} | {"link": Plain("string", nullable=True)}
)
RUN = Fields("run", {"id": Plain("string"), "level": Plain("int"), "version": Plain("string")})
REQUESTER = Fields(
    "requester",
    {name: Plain("string") for name in ("key", "name", "surface", "tenant", "user")}
    | {"email": Plain("string", nullable=True)},
)
NAMES: Mapping[str, Shape] = {
    "action": Plain("string"),
    "agent": Plain("string"),
    "environment": Plain("string"),
    "evidence": ListOf(EVIDENCE),
    "requester": REQUESTER,
    "run": RUN,
    "target": Plain("string"),
    "time": Plain("timestamp"),
}
"""What every condition may name, besides `args`."""
