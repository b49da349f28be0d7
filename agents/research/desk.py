"""The desk of a researcher: the task, what was found, what lies open, what was put away. A value."""

from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict

from agents.support.knowledge import Article

MOST_TEXT = 24_000  # characters of documents that lie open at once
MOST_OF_ONE = 8_000  # characters of one document
MOST_SEARCHES = 6  # that are remembered; of older ones nothing but what was read remains
_PASSAGE = 200  # characters of a document in a search result


class Hit(BaseModel):
    """A document that was found, with its beginning."""

    model_config = ConfigDict(frozen=True)

    document: str
    title: str
    passage: str


class Search(BaseModel):
    """One search with what it found."""

    model_config = ConfigDict(frozen=True)

    query: str
    found: tuple[Hit, ...]


@dataclass(frozen=True)
class Desk:
    """What the model is shown. `known` are all documents that were read, also those whose text was put away since."""

    task: str
    searches: tuple[Search, ...] = ()
    open: tuple[Article, ...] = ()
    known: tuple[Article, ...] = ()
    done: tuple[str, ...] = ()

    @property
    def dropped(self) -> tuple[str, ...]:
        """Documents that were read and do not lie open any more."""
        there = {each.slug for each in self.open}
        return tuple(each.slug for each in self.known if each.slug not in there)

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything on it that others wrote, without the task."""
        passages = (f"{hit.title}\n{hit.passage}" for search in self.searches for hit in search.found)
        return (*(f"{each.title}\n{each.text}" for each in self.known), *passages)

    def searched(self, query: str, articles: tuple[Article, ...]) -> "Desk":
        """With one more search; the oldest goes when there are too many."""
        hits = tuple(Hit(document=each.slug, title=each.title, passage=each.text[:_PASSAGE]) for each in articles)
        return replace(self, searches=(*self.searches, Search(query=query, found=hits))[-MOST_SEARCHES:])

    def reading(self, article: Article) -> "Desk":
        """With one more document open; the oldest are put away until all fit."""
        cut = article.text[:MOST_OF_ONE]
        more = f" [{len(article.text) - len(cut)} more characters]" if len(article.text) > len(cut) else ""
        shown = article.model_copy(update={"text": cut + more})
        lying = (*(each for each in self.open if each.slug != article.slug), shown)
        while sum(len(each.text) for each in lying) > MOST_TEXT:
            lying = lying[1:]
        known = (*(each for each in self.known if each.slug != article.slug), article)
        return replace(self, open=lying, known=known)

    def noting(self, line: str) -> "Desk":
        """With what became of something that was tried."""
        return replace(self, done=(*self.done, line))
