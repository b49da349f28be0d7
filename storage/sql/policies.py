"""The policies that came into force."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from storage.records import Adoption
from storage.sql.query import Query
from storage.sql.rows import Rows, columns, fields
from storage.sql.tables import Adoptions, table

_adoptions = table(Adoptions)

_adopt = Query(insert(_adoptions).on_conflict_do_nothing(index_elements=["number"]))
_newest = Query(select(*columns(_adoptions, Adoption)).order_by(_adoptions.c.number.desc()).limit(1))


class PolicyRows(Rows):
    """Policies of the Store port."""

    def adopt(self, adoption: Adoption) -> bool:
        """False if there is one of that number."""
        return self._changed(_adopt, **fields(adoption))

    def adopted(self) -> Adoption | None:
        """The newest."""
        return self._one(_newest, Adoption)
