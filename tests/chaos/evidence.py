"""What a run leaves behind, as frozen values: the database, Dify's calls, what followers saw.

Knows where each is found. Judges nothing; `auditor` does.
"""

from enum import StrEnum
from typing import TypeVar

import msgspec

from chaos.answers import Paragraph, answer
from chaos.database import Ask
from yingda.simulator.verdict import Outcome

Row = TypeVar("Row", bound=msgspec.Struct)


class TurnRow(msgspec.Struct, frozen=True):
    """A row of `turn`; the fields are its columns."""

    id: int
    conversation_id: int
    openid: str
    number: int
    question: str
    state: str
    run_no: int
    answer: str
    failure: str | None
    is_unread: int
    revision: int = 0
    is_pushed: int = 0
    push_end: str | None = None
    ended_at: float | None = None


class PushRow(msgspec.Struct, frozen=True):
    """A row of `push`."""

    id: int
    openid: str
    key: str
    kind: str
    turn_id: int | None
    reply: bytes | None
    first_seen_at: float = 0.0


class OfferRow(msgspec.Struct, frozen=True):
    """A row of `offer`; without a push it was sent as a service message."""

    id: int
    turn_id: int
    push_id: int | None
    start_source_chars: int
    start_block_chars: int
    end_source_chars: int
    end_block_chars: int
    state: str
    revision: int = 0
    offered_at: float = 0.0

    @property
    def start(self) -> tuple[int, int]:
        """Where in the answer it begins."""
        return self.start_source_chars, self.start_block_chars

    @property
    def end(self) -> tuple[int, int]:
        """Where in the answer it ends."""
        return self.end_source_chars, self.end_block_chars

    def places(self, like: Paragraph) -> range:
        """The places of its paragraphs, in the answer that `like` is of."""
        ends = [len(answer(like.question, like.run, n, like.count)) for n in range(like.count + 1)]
        first, last = (
            # A paragraph is one sentence, so a block that was begun was shown whole.
            sum(0 < end <= source_chars for end in ends) + (block_chars > 0)
            for source_chars, block_chars in (self.start, self.end)
        )
        return range(first + 1, last + 1)


class LostRunRow(msgspec.Struct, frozen=True):
    """A row of `lost_run`."""

    turn_id: int
    run_no: int
    started_at: float = 0.0
    taken_over_at: float = 0.0


class Ending(msgspec.Struct, frozen=True):
    """What a row of `turn` said when it was first seen ended."""

    id: int
    run_no: int
    state: str
    answer: str
    failure: str | None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One run at Dify."""

    question: str
    user: str
    #: From 1, per question.
    nth: int
    asked_in_conversation_id: str
    conversation_id: str
    #: Unix seconds.
    started_s: float
    ended_s: float
    #: Dify can tell the answer afterwards, whatever became of the stream.
    is_kept: bool
    #: Whoever asked was gone before the answer was written.
    was_cut: bool = False


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One push as its follower and the wire saw it."""

    openid: str
    sent: str
    #: The push's key at the gateway, `m:` and its MsgId.
    key: str
    is_question: bool
    outcomes: tuple[Outcome, ...]
    #: What the follower sees; "" when that is nothing.
    shown: str
    is_failure_line: bool
    #: Every whole reply that the gateway gave to this push, repeats after a restart included.
    replies: tuple[bytes, ...]
    #: Unix seconds of the follower's action, and of what it brought.
    acted_at_s: float = 0.0
    shown_at_s: float = 0.0


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One service message as the platform took or refused it."""

    openid: str
    text: str
    at_s: float
    #: The platform's error; 0 is none, and the follower has it.
    code: int = 0


class Kind(StrEnum):
    """What is done to a fleet."""

    KILL = "kill -9"
    PAUSE = "pause"
    ROLL = "restart in order"
    WRONG_CLOCK = "restart with a clock 2 min off"
    DATABASE = "crash of the database"
    CUT_DATABASE = "database connections cut"
    CUT_WEB = "connections cut"


class Misfortune(msgspec.Struct, frozen=True, kw_only=True):
    """One of these, from its beginning until all is as before; Unix seconds."""

    kind: Kind
    #: The process's name; "" where it is none's alone.
    whom: str = ""
    began_s: float
    ended_s: float
    #: The exit status of a process that was asked to stop.
    status: int = 0

    def overlaps(self, began_s: float, ended_s: float) -> bool:
        """Whether they have an instant in common."""
        return self.began_s <= ended_s and began_s <= self.ended_s


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt as it was brought to a replica; Unix seconds."""

    #: The push's key.
    key: str
    #: "" where no replica took the connection.
    replica: str
    began_s: float
    ended_s: float
    has_reply: bool
    #: The balancer broke it off.
    was_cut: bool = False


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All of one run.

    `kills` counts the SIGKILLs. `doubted` holds the offers that were in doubt at some time; a
    repeat of their push may have settled them since. Of several processes there are also `hops`,
    `misfortunes`, `endings`, and the names of those that ended unbidden, in `deaths`.
    """

    turns: tuple[TurnRow, ...]
    pushes: tuple[PushRow, ...]
    offers: tuple[OfferRow, ...]
    lost_runs: tuple[LostRunRow, ...]
    calls: tuple[Call, ...]
    exchanges: tuple[Exchange, ...]
    messages: tuple[Message, ...] = ()
    kills: int = 0
    doubted: frozenset[int] = frozenset()
    hops: tuple[Hop, ...] = ()
    misfortunes: tuple[Misfortune, ...] = ()
    endings: tuple[Ending, ...] = ()
    workers: tuple[str, ...] = ()
    deaths: tuple[str, ...] = ()


async def rows(ask: Ask, table: str, kind: type[Row], where: str = "1 = 1") -> tuple[Row, ...]:
    """The rows of a table that has the fields of `kind` as columns, oldest first."""
    columns = ", ".join(kind.__struct_fields__)
    found = await ask(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY 1, 2")  # noqa: S608 - our own names
    return tuple([kind(*row) for row in found])


async def read(ask: Ask, calls: tuple[Call, ...], exchanges: tuple[Exchange, ...]) -> Evidence:
    """The database as it stands, with the rest."""
    return Evidence(
        turns=await rows(ask, "turn", TurnRow),
        pushes=await rows(ask, "push", PushRow),
        offers=await rows(ask, "offer", OfferRow),
        lost_runs=await rows(ask, "lost_run", LostRunRow),
        calls=calls,
        exchanges=exchanges,
    )
