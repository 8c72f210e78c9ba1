"""One table of the file, read key by key; every problem is noted under its own label.

Knows types and lengths. Refuses to know what the keys are for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from yingda.config.fields import Refused, text
from yingda.config.nearest import closest
from yingda.config.texts import Problem, problem
from yingda.wechat.xml_text import clean_text


@dataclass
class Notes:
    """The problems found so far."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, label: str, **values: object) -> None:
        """Note one more."""
        self.problems.append(problem(code, label, **values))


class Fields:
    """The keys of one table. `label` is what the operator calls it."""

    def __init__(self, table: Mapping[str, object], label: str, notes: Notes) -> None:
        self.label = label
        self.notes = notes
        self._table = table
        self._asked: set[str] = set()

    def has(self, key: str) -> bool:
        """Whether the key is written, whatever its value."""
        self._asked.add(key)
        return key in self._table

    def of(self, *keys: str) -> tuple[str, ...]:
        """Those of these keys that are written."""
        return tuple(key for key in keys if self.has(key))

    def raw(self, key: str) -> object:
        """The value as it stands; None when it is not there."""
        self._asked.add(key)
        return self._table.get(key)

    def label_of(self, key: str) -> str:
        """What the operator calls this key."""
        return f"{self.label}.{key}"

    def note(self, code: str, key: str, **values: object) -> None:
        """Note a problem with this key."""
        self.notes.add(code, self.label_of(key), **values)

    def text(self, key: str, *, most_bytes: int | None = None, is_required: bool = False) -> str:
        """A text without the blanks around it; "" when it is not there or wrong."""
        if not self.has(key):
            if is_required:
                self.note("missing", key)
            return ""
        return self.usable(self._table[key], key, most_bytes=most_bytes)

    def usable(self, value: object, key: str, *, most_bytes: int | None = None) -> str:
        """The value as a text that says something; "" when it is none."""
        if not isinstance(value, str):
            self.note("text", key)
            return ""
        try:
            found = str(text(value))
        except Refused as refused:
            self.note(refused.code, key)
            return ""
        # What a reply cannot carry says nothing either.
        if not clean_text(found).strip():
            self.note("empty", key)
        elif most_bytes is not None and len(found.encode()) > most_bytes:
            self.note("too_long", key, most=most_bytes)
        return found

    def line(self, key: str, *, is_required: bool = False) -> str:
        """A text on one line."""
        found = self.text(key, is_required=is_required)
        if found and not found.isprintable():
            self.note("one_line", key)
        return found

    def page_url(self, key: str, *, is_required: bool = False) -> str:
        """The address of a page; it may have a query, as a page's address does."""
        found = self.line(key, is_required=is_required)
        if found and not _is_page_url(found):
            self.note("page_url", key)
        return found

    def words(self, key: str) -> tuple[str, ...]:
        """A text, or a list of them."""
        value = self.raw(key)
        several = value if isinstance(value, list) else [value]
        if not several:
            self.note("empty", key)
        return tuple(found for each in several if (found := self.usable(each, key)))

    def table(self, key: str) -> "Fields":
        """The table under this key; an empty one when it is none."""
        value = self.raw(key)
        if not isinstance(value, dict):
            self.note("table", key)
        return Fields(value if isinstance(value, dict) else {}, self.label_of(key), self.notes)

    def tables(self, key: str) -> Iterator["Fields"]:
        """The tables of the list under this key."""
        return tables(self.raw(key), self.label_of(key), self.notes)

    def refuse_others(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._table:
            if key not in self._asked:
                self.note("unknown_key", key, closest=closest(key, tuple(self._asked)))


def tables(value: object, label: str, notes: Notes) -> Iterator[Fields]:
    """The tables of a list, each called by its number from 1."""
    if not isinstance(value, list):
        notes.add("tables", label)
        return
    for number, each in enumerate(value, 1):
        own = f"{label}[{number}]"
        if isinstance(each, dict):
            yield Fields(each, own, notes)
        else:
            notes.add("table", own)


def _is_page_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and has_port
        and not any(map(str.isspace, value))
    )
