"""A text that is being written, as pieces on their way, and what a reader makes of them.

Pure. Pieces may be lost, come twice or late. Each says where in which text it belongs, so that
what a reader has is always a beginning of what was written.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from yingda.engine.sharing.live import LiveText
from yingda.signals.base import BODY_LIMIT_BYTES

#: Figures, flags and blanks in front of a piece's text. Our choice: seven numbers of 19 digits.
_FRAME_BYTES: Final = 140
#: What a character takes in a signal, at most: a control character is written as `\u0001`.
_CHAR_BYTES: Final = 6
#: Characters of a piece. Two full ones of Chinese fit one payload.
PIECE_CHARS: Final = (BODY_LIMIT_BYTES - _FRAME_BYTES) // _CHAR_BYTES
_FIELDS: Final = 7


class Place(NamedTuple):
    """Which text of a turn: a later run's goes before, and of one run the one begun last."""

    run_no: int
    edition: int


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a turn's text."""

    turn_id: int
    place: Place
    #: Where it begins, and how long the whole text was as it was told, in characters.
    start: int
    of_chars: int
    has_replaced: bool = False
    conversation_was_reset: bool = False
    text: str


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to read a turn, from where he has it."""

    turn_id: int
    place: Place = Place(0, 0)
    has_chars: int = 0


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader has of a turn's text: how it begins."""

    place: Place
    text: str = ""
    #: How long the text is, as far as anybody said.
    of_chars: int = 0
    has_replaced: bool = False
    conversation_was_reset: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing is known to be missing."""
        return len(self.text) >= self.of_chars

    def live(self) -> LiveText:
        """As everybody else knows it."""
        return LiveText(
            run_no=self.place.run_no,
            text=self.text,
            edition=self.place.edition,
            has_replaced=self.has_replaced,
            conversation_was_reset=self.conversation_was_reset,
        )


def place_of(live: LiveText) -> Place:
    """Which text this is."""
    return Place(live.run_no, live.edition)


def cut(turn_id: int, live: LiveText, start: int) -> Iterator[Piece]:
    """The text from `start` on, in order; one empty piece when there is nothing more of it."""
    for begin in range(start, max(len(live.text), start + 1), PIECE_CHARS):
        yield Piece(
            turn_id=turn_id,
            place=place_of(live),
            start=begin,
            of_chars=len(live.text),
            has_replaced=live.has_replaced,
            conversation_was_reset=live.conversation_was_reset,
            text=live.text[begin : begin + PIECE_CHARS],
        )


def joined(copy: Copy | None, piece: Piece) -> Copy:
    """What the reader has with this piece; an older text's changes nothing."""
    if copy is None or copy.place < piece.place:
        copy = Copy(place=piece.place)
    if copy.place > piece.place:
        return copy
    has_chars, text = len(copy.text), copy.text
    if piece.start <= has_chars:
        # Of one text, what comes twice is alike.
        text += piece.text[has_chars - piece.start :]
    return Copy(
        place=copy.place,
        text=text,
        of_chars=max(copy.of_chars, piece.of_chars),
        has_replaced=piece.has_replaced,
        conversation_was_reset=copy.conversation_was_reset or piece.conversation_was_reset,
    )


def told(piece: Piece) -> str:
    """The piece as a signal's body: its text stands last, bare, so that it is escaped once."""
    flags = int(piece.has_replaced) + 2 * int(piece.conversation_was_reset)
    head = (piece.turn_id, *piece.place, piece.start, piece.of_chars, flags)
    return f"{' '.join(map(str, head))} {piece.text}"


def piece_in(body: str) -> Piece | None:
    """The piece that a body tells; None for what is none, as of another version."""
    fields = body.split(" ", _FIELDS - 1)
    numbers = _numbers(fields[:-1])
    if len(fields) != _FIELDS or numbers is None:
        return None
    turn_id, run_no, edition, start, of_chars, flags = numbers
    return Piece(
        turn_id=turn_id,
        place=Place(run_no, edition),
        start=start,
        of_chars=of_chars,
        has_replaced=bool(flags & 1),
        conversation_was_reset=bool(flags & 2),
        text=fields[-1],
    )


def wanted(want: Want) -> str:
    """The want as a signal's body."""
    return f"{want.turn_id} {want.place.run_no} {want.place.edition} {want.has_chars}"


def want_in(body: str) -> Want | None:
    """The want that a body tells; None for what is none."""
    numbers = _numbers(body.split(" "))
    match numbers:
        case [turn_id, run_no, edition, has_chars]:
            return Want(turn_id=turn_id, place=Place(run_no, edition), has_chars=has_chars)
        case _:
            return None


def turn_in(body: str) -> int | None:
    """The turn whose id a body is; None for what is none."""
    numbers = _numbers([body])
    return None if numbers is None else numbers[0]


def _numbers(fields: list[str]) -> list[int] | None:
    if not all(each.isascii() and each.isdecimal() and len(each) <= _DIGITS for each in fields):
        return None
    return [int(each) for each in fields]


#: Of the largest number that a database keeps.
_DIGITS: Final = 19
