"""Transactions written once, for any database driver.

An operation is a generator: it yields a `Query`, is sent that query's rows, and returns its
result. It holds no connection, so a driver that waits in a thread and one that awaits can both
carry it out; whoever carries it out wraps it in one transaction.

SQL stands here and in its sister modules as text, with `:name` placeholders: built statements
cost three times the raw driver on every hot path (measured: 12 µs against 38 µs and more).
"""

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from yingda.errors import FailureKind
from yingda.turn.lifecycle import State
from yingda.turn.model import Cursor, Form, Notice, Turn

T = TypeVar("T")


class Query(NamedTuple):
    """One statement with its values."""

    sql: str
    values: dict[str, Any]


class Deed(Query):
    """One that is run for its effect: nobody looks at its rows, so nobody has to wait for it."""

    __slots__ = ()


class Contended(Query):
    """One that changes a row which other followers' operations change as well.

    Operations of several followers in one transaction do these last, and in the order of `row`:
    two transactions that each held what the other wants would wait for each other. An operation
    that has two of them has to be alone in its transaction. The values begin with what names the
    row.
    """

    __slots__ = ()

    @property
    def row(self) -> tuple[str, ...]:
        """Its place in that order."""
        return tuple(str(value) for value in self.values.values())


Row = Sequence[Any]
Steps = Generator[Query, list[Row], T]


def fetch(sql: str, **values: object) -> Steps[list[Row]]:
    """All rows."""
    return (yield Query(sql, values))


def fetch_one(sql: str, **values: object) -> Steps[Row | None]:
    """The first row, or None."""
    rows = yield Query(sql, values)
    return rows[0] if rows else None


def execute(sql: str, **values: object) -> Steps[None]:
    """Run it for its effect."""
    yield Deed(sql, values)


#: The columns of a `Turn`, in the order that `turn_from` takes them.
TURN_COLUMNS = (
    "id, conversation_id, account, openid, number, question, state, run_no, entered_at, ended_at,"
    " answer, failure, conversation_was_reset, cursor_source_chars, cursor_block_chars,"
    " parts_offered, is_unread, promised_at, run_started_at, revision, notice, is_withdrawn,"
    " is_pushed, provider, form, suggestions"
)


_SUGGESTIONS = msgspec.json.Decoder(tuple[str, ...])


def turn_from(row: Row, ahead: int = 0) -> Turn:
    """A row of `TURN_COLUMNS` as a turn."""
    return Turn(
        id=row[0],
        conversation_id=row[1],
        account=row[2],
        openid=row[3],
        number=row[4],
        question=row[5],
        state=State(row[6]),
        run_no=row[7],
        entered_at=row[8],
        ended_at=row[9],
        answer=row[10],
        failure=FailureKind(row[11]) if row[11] else None,
        conversation_was_reset=bool(row[12]),
        cursor=Cursor(row[13], row[14]),
        parts_offered=row[15],
        is_unread=bool(row[16]),
        promised_at=row[17],
        run_started_at=row[18],
        revision=row[19],
        notice=Notice(row[20]) if row[20] else None,
        is_withdrawn=bool(row[21]),
        is_pushed=bool(row[22]),
        provider=row[23] or "",
        form=Form(row[24]),
        suggestions=_SUGGESTIONS.decode(row[25]) if row[25] else (),
        ahead=ahead,
    )


# A partial index serves only a statement that spells its condition out in the same words.
_READ_TURN = f"SELECT {TURN_COLUMNS} FROM turn WHERE id = :id"
_COUNT_AHEAD = """
    SELECT count(*) FROM turn
    WHERE account = :account AND openid = :openid AND state IN ('queued', 'running')
        AND conversation_id = :conversation_id AND id < :id
"""
_HEAD = """
    SELECT min(id) FROM turn
    WHERE account = :account AND openid = :openid AND state IN ('queued', 'running')
        AND conversation_id = :conversation_id
"""


def read_turn(turn_id: int) -> Steps[Turn]:
    """The turn as it stands; raises KeyError when there is none."""
    row = yield from fetch_one(_READ_TURN, id=turn_id)
    if row is None:
        raise KeyError(turn_id)
    found = turn_from(row)
    if not found.is_pending:
        return found
    ahead = yield from fetch(_COUNT_AHEAD, id=turn_id, **place_of(found))
    return turn_from(row, ahead[0][0])


def head_of(turn: Turn) -> Steps[int | None]:
    """The first pending turn of this turn's conversation: the only one that may run."""
    row = yield from fetch_one(_HEAD, **place_of(turn))
    return row[0] if row else None


def place_of(turn: Turn) -> dict[str, Any]:
    """The conversation it belongs to; that alone would do, but the follower leads the index."""
    return {
        "account": turn.account,
        "openid": turn.openid,
        "conversation_id": turn.conversation_id,
    }
