"""The help centre: short articles in Markdown, found with SQLite's full-text search (https://sqlite.org/fts5.html)."""

import re
import sqlite3
import weakref
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from agents.actions import AgentError

ARTICLES = Path(__file__).parent / "articles"

_WORD = re.compile(r"\w{3,40}")
_MOST_WORDS = 60
# Words that stand in every letter and say nothing about what it is about.
_EMPTY = re.compile(
    "about|and|are|but|can|could|dear|for|from|get|has|have|hello|how|just|like|not|our|please|regards|thanks?|that|the|"
    "there|they|this|want|was|were|what|when|where|which|will|with|would|you|your"
)


class Article(BaseModel):
    """One help-centre article. `link` is its address where the help centre has one on the web."""

    model_config = ConfigDict(frozen=True)

    slug: str
    title: str
    text: str
    link: str | None = None


class NoArticles(AgentError):
    """The folder of articles cannot be used; the message says why and what to do."""


NEAR = 0.5  # share of the best article's score that another must reach to be shown


class Knowledge:
    """The articles of a folder, `*.md` that begin with their title, indexed in memory. `url` is the address of the published
    help centre, if there is one: an article's own is `url/NAME`. Raises NoArticles."""

    def __init__(self, folder: Path = ARTICLES, url: str | None = None) -> None:
        self._articles = {path.stem: _read(path, url) for path in sorted(folder.glob("*.md"))}
        if not self._articles:
            why = "has no articles (*.md)" if folder.is_dir() else "is no folder"
            raise NoArticles(f"{folder} {why}. Name a folder of Markdown files, each beginning with its title.")
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        self._close = weakref.finalize(self, self._index.close)  # it holds nothing but memory
        self._index.execute(
            "CREATE VIRTUAL TABLE articles USING fts5(slug UNINDEXED, title, text, tokenize='porter unicode61')"
        )
        rows = [(article.slug, article.title, article.text) for article in self._articles.values()]
        self._index.executemany("INSERT INTO articles VALUES (?, ?, ?)", rows)

    async def search(self, text: str, limit: int = 3) -> tuple[Article, ...]:
        """The articles nearest to any text, best first; titles count more than bodies.

        What is far behind the best is left out: a reviewer should not have to read what has nothing to do with the case.
        """
        query = words(text)
        if not query:
            return ()
        found = self._index.execute(
            "SELECT slug, bm25(articles, 0, 4, 1) AS score FROM articles WHERE articles MATCH ? ORDER BY score LIMIT ?",
            (" OR ".join(f'"{word}"' for word in query), limit),
        ).fetchall()
        # FTS5's bm25 is the more negative the better: https://www.sqlite.org/fts5.html#the_bm25_function
        return tuple(self._articles[slug] for slug, score in found if score <= found[0][1] * NEAR)

    def get(self, slug: str) -> Article | None:
        """The article of that name, if there is one."""
        return self._articles.get(slug)

    def close(self) -> None:
        """Release the index."""
        self._close()


def words(text: str) -> Sequence[str]:
    """The words of a text that are worth looking for, so that nothing of the query language is left in it."""
    found = dict.fromkeys(word.lower().replace("_", "") for word in _WORD.findall(text[:20_000]))
    return [word for word in found if word and not _EMPTY.fullmatch(word)][:_MOST_WORDS]


def _read(path: Path, url: str | None) -> Article:
    try:
        heading, _, text = path.read_text(encoding="utf-8").lstrip("\ufeff\n ").partition("\n")
    except UnicodeDecodeError as error:
        raise NoArticles(f"{path} is no text in UTF-8. Convert it, or take it out of the folder.") from error
    except OSError as error:
        raise NoArticles(f"{path} cannot be read: {error.strerror}.") from error
    link = f"{url.rstrip('/')}/{path.stem}" if url else None
    return Article(slug=path.stem, title=heading.lstrip("# ").strip(), text=" ".join(text.split()), link=link)
