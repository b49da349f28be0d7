"""Keys of other programs, and what they have submitted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from storage.records import ApiKey, Submission
from storage.sql.query import Query
from storage.sql.rows import Rows, columns, fields, value
from storage.sql.tables import ApiKeys, Submissions, table
from storage.sql.types import now

_keys, _submissions = table(ApiKeys), table(Submissions)
_this = _keys.c.id == bindparam("api_key")

_add = Query(_keys.insert())
_get = Query(select(*columns(_keys, ApiKey)).where(_this))
_list = Query(select(*columns(_keys, ApiKey)).order_by(_keys.c.created_at.desc(), _keys.c.id.desc()))
_revoke = Query(
    _keys.update().where(_this, _keys.c.revoked_at.is_(None)).values(revoked_at=now()).returning(*columns(_keys, ApiKey))
)
_touch = Query(_keys.update().where(_this).values(last_used_at=now()))

_submit = Query(insert(_submissions).on_conflict_do_nothing(index_elements=["api_key", "idempotency_key"]))
_standing = Query(
    select(*columns(_submissions, Submission)).where(
        _submissions.c.api_key == bindparam("of_key"), _submissions.c.idempotency_key == bindparam("idempotent")
    )
)
_forget = Query(_submissions.delete().where(_submissions.c.created_at < value("before", _submissions.c.created_at)))


class ProgramRows(Rows):
    """API keys and submissions of the Store port."""

    def add_key(self, key: ApiKey) -> None:
        """Insert."""
        self._run(_add, **fields(key))

    def key(self, id: str) -> ApiKey | None:
        """The key, whether or not it can still be used."""
        return self._one(_get, ApiKey, api_key=id)

    def keys(self) -> Sequence[ApiKey]:
        """Newest first."""
        return self._all(_list, ApiKey)

    def revoke_key(self, id: str) -> ApiKey | None:
        """None if there is none, or it was revoked before."""
        return self._one(_revoke, ApiKey, api_key=id)

    def touch_key(self, id: str) -> None:
        """It was used now."""
        self._run(_touch, api_key=id)

    def add_submission(self, submission: Submission) -> Submission | None:
        """Remember it, or return the one that stands."""
        if self._changed(_submit, **fields(submission)):
            return None
        key, idempotent = submission.api_key, submission.idempotency_key
        return self._one(_standing, Submission, of_key=key, idempotent=idempotent)

    def forget_submissions(self, before: datetime) -> int:
        """Return how many."""
        return self._run(_forget, before=before).rowcount
