"""Which rules what people decided speaks for loosening, and which for tightening. Suggested, never applied."""

from policies.experience import Experience
from policies.loosening import loosened
from policies.suggested import NotYet, Suggestion, Terms
from policies.tightening import stopped, tightened


def suggestions(experience: Experience, terms: Terms) -> tuple[tuple[Suggestion, ...], tuple[NotYet, ...]]:
    """What is suggested, loosening first; and for the other rules that ask people, why not."""
    made: list[Suggestion] = []
    waiting: list[NotYet] = []
    for subject, asked in sorted(experience.asked.items(), key=lambda item: (item[0].rule, item[0].action)):
        found = loosened(subject, asked, terms)
        made += [found] if isinstance(found, Suggestion) else []
        waiting += [found] if isinstance(found, NotYet) else []
    for subject, asked in experience.asked.items():
        made += tightened(subject, asked, terms)
    for subject, ran in experience.ran.items():
        made += stopped(subject, ran, terms)
    return tuple(made), tuple(waiting)
