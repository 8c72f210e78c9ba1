"""Our statements in PostgreSQL's words: `:name` becomes `$1`, and values stand in that order.

Each text is translated once. Knows no table and no connection.
"""

import functools
import re
from typing import Any, NamedTuple

from yingda.store.steps import Query

#: A colon before it is a cast; our statements hold no other colons.
_PLACEHOLDER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")
#: The store has some hundred statements; sums over days are put together and would go on growing.
_KEPT = 512


class Statement(NamedTuple):
    """A statement with numbered placeholders."""

    sql: str
    #: Whose value belongs to each placeholder.
    names: tuple[str, ...]


@functools.lru_cache(maxsize=_KEPT)
def translated(sql: str) -> Statement:
    """The statement as PostgreSQL takes it; a name that stands in it twice is one value."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${numbers.setdefault(found[1], len(numbers) + 1)}"

    return Statement(_PLACEHOLDER.sub(number, sql), tuple(numbers))


def values_of(query: Query, statement: Statement) -> list[Any]:
    """The query's values in the statement's order."""
    values = query.values
    return [values[name] for name in statement.names]


def storable(value: Any) -> Any:
    """The value as PostgreSQL can keep it: no text of its may hold U+0000, which SQLite keeps.

    Another sign that nobody is ever shown takes its place, so that every count of characters stays.
    """
    return value.replace("\0", "\x01") if isinstance(value, str) else value
