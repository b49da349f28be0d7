"""Where surfaces may speak."""

from collections.abc import Sequence

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from storage.records import Conversation
from storage.sql.query import Query
from storage.sql.rows import Rows, columns, fields, value
from storage.sql.tables import Conversations, table

_conversations = table(Conversations)
_KEY = ("surface", "tenant", "id")

_same = [_conversations.c[name] == bindparam(f"that_{name}") for name in _KEY]
_insert = insert(_conversations).values({c.name: value(f"new_{c.name}", c) for c in _conversations.c})
_keep = Query(
    _insert.on_conflict_do_update(
        index_elements=[*_KEY],
        set_={c.name: _insert.excluded[c.name] for c in _conversations.c if c.name not in _KEY},
    )
)
_forget = Query(_conversations.delete().where(*_same))
_listed = select(*columns(_conversations, Conversation)).order_by(_conversations.c.seen_at.desc(), _conversations.c.id)
_one = Query(_listed.where(*_same))
_with = Query(_listed.where(_conversations.c.person == bindparam("key")).limit(1))
_of_tenant = _listed.where(
    _conversations.c.surface == bindparam("that_surface"), _conversations.c.tenant == bindparam("that_tenant")
).limit(bindparam("most", type_=Integer))
_all = Query(_of_tenant)
_rooms = Query(_of_tenant.where(_conversations.c.kind != "personal"))


class ConversationRows(Rows):
    """Conversations of the Store port."""

    def keep_conversation(self, conversation: Conversation) -> None:
        """Insert or replace."""
        self._run(_keep, **{f"new_{name}": content for name, content in fields(conversation).items()})

    def conversation(self, surface: str, tenant: str, id: str) -> Conversation | None:
        """By the surface's own id."""
        return self._one(_one, Conversation, that_surface=surface, that_tenant=tenant, that_id=id)

    def conversation_with(self, person: str) -> Conversation | None:
        """The newest personal one with that account."""
        return self._one(_with, Conversation, key=person)

    def conversations(self, surface: str, tenant: str, *, personal: bool = True, limit: int = 100) -> Sequence[Conversation]:
        """Newest first; without those with one person only, unless `personal`."""
        wanted = _all if personal else _rooms
        return self._all(wanted, Conversation, that_surface=surface, that_tenant=tenant, most=limit)

    def forget_conversation(self, surface: str, tenant: str, id: str) -> bool:
        """False if it was not known."""
        return self._changed(_forget, that_surface=surface, that_tenant=tenant, that_id=id)
