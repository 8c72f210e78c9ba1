"""Texts in pieces: cut, told, read, and joined again whatever happened to them on the way."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.engine.sharing.live import LiveText
from yingda.engine.sharing.pieces import (
    PIECE_CHARS,
    Copy,
    Piece,
    Place,
    Want,
    cut,
    joined,
    piece_in,
    place_of,
    told,
    turn_in,
    want_in,
    wanted,
)
from yingda.signals.base import BODY_LIMIT_BYTES

FIRST = Place(1, 0)
HUGE = 10**18


def piece(text: str, start: int = 0, of_chars: int | None = None, place: Place = FIRST) -> Piece:
    whole = start + len(text) if of_chars is None else of_chars
    return Piece(turn_id=7, place=place, start=start, of_chars=whole, text=text)


def text_of(*pieces: Piece) -> tuple[str, bool]:
    copy: Copy | None = None
    for each in pieces:
        copy = joined(copy, each)
    assert copy is not None
    return copy.text, copy.is_whole


@pytest.mark.parametrize(
    ("pieces", "text", "is_whole"),
    [
        ([piece("一二")], "一二", True),
        ([piece("")], "", True),
        ([piece("一二"), piece("三", 2)], "一二三", True),
        ([piece("一二", 0, 3), piece("三", 2)], "一二三", True),
        ([piece("一二", 0, 3)], "一二", False),
        # Twice, late, and overlapping.
        ([piece("一二"), piece("一二")], "一二", True),
        ([piece("一二三"), piece("一")], "一二三", True),
        ([piece("一二"), piece("二三", 1)], "一二三", True),
        # A gap: what is known stays known, and what lies behind it is not used.
        ([piece("一"), piece("三", 2)], "一", False),
        ([piece("三", 2)], "", False),
        ([piece("一"), piece("三", 2), piece("二三", 1)], "一二三", True),
        # An empty piece tells how long the text is.
        ([piece("一"), piece("", 5)], "一", False),
        # Another text of the run, and another run.
        ([piece("一二"), piece("甲", place=Place(1, 1))], "甲", True),
        ([piece("一二"), piece("乙", 1, place=Place(1, 1))], "", False),
        ([piece("甲", place=Place(1, 1)), piece("三", 1)], "甲", True),
        ([piece("甲", place=Place(1, 5)), piece("新", place=Place(2, 0))], "新", True),
        ([piece("新", place=Place(2, 0)), piece("旧的", place=Place(1, 9))], "新", True),
    ],
)
def test_what_a_reader_makes_of_pieces(pieces: list[Piece], text: str, is_whole: bool) -> None:  # noqa: FBT001
    assert text_of(*pieces) == (text, is_whole)


def test_flags_come_with_the_pieces_and_a_lost_conversation_stays_lost() -> None:
    live = LiveText(run_no=1, text="一", has_replaced=True, conversation_was_reset=True)
    (told_now,) = cut(7, live, 0)
    copy = joined(joined(None, told_now), msgspec.structs.replace(told_now, text="一二"))
    copy = joined(copy, msgspec.structs.replace(told_now, conversation_was_reset=False))
    assert copy.live() == msgspec.structs.replace(live, text="一二")


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["\x01" * 3000, "答" * 3000, '"\\' * 2000, "a b" * 1000]
)


@given(_texts, st.integers(0, 5000), st.tuples(st.booleans(), st.booleans()))
def test_a_cut_text_joins_to_itself_and_each_piece_fits_a_signal(
    text: str, start: int, flags: tuple[bool, bool]
) -> None:
    start = min(start, len(text))
    live = LiveText(
        run_no=HUGE,
        text=text,
        edition=HUGE,
        has_replaced=flags[0],
        conversation_was_reset=flags[1],
    )
    bodies = [told(each) for each in cut(HUGE, live, start)]
    assert all(len(msgspec.json.encode(body)) <= BODY_LIMIT_BYTES for body in bodies)
    assert len(bodies) == max(1, -(-(len(text) - start) // PIECE_CHARS))
    copy = Copy(place=place_of(live), text=text[:start])
    for body in bodies:
        read = piece_in(body)
        assert read is not None
        assert (read.turn_id, read.of_chars) == (HUGE, len(text))
        copy = joined(copy, read)
    assert (copy.live(), copy.is_whole) == (live, True)


@st.composite
def _histories(draw: st.DrawFn) -> tuple[dict[Place, str], list[Piece]]:
    """Every text of a turn as it was in the end, and pieces that were told on the way."""
    texts, pieces, place = {FIRST: ""}, list[Piece](), FIRST
    for step in draw(st.lists(st.sampled_from("wwwwtttter"), max_size=30)):
        if step == "w":
            texts[place] += draw(st.text("甲乙丙", min_size=1, max_size=3))
        elif step == "t":
            live = LiveText(run_no=place.run_no, edition=place.edition, text=texts[place])
            start = draw(st.integers(0, len(live.text)))
            (whole,) = cut(7, live, start)
            middle = draw(st.integers(0, len(whole.text)))
            pieces += [
                msgspec.structs.replace(whole, text=whole.text[:middle]),
                msgspec.structs.replace(whole, text=whole.text[middle:], start=start + middle),
            ]
        else:
            run = step == "r"
            place = Place(place.run_no + run, 0 if run else place.edition + 1)
            texts[place] = draw(st.text("子丑寅", max_size=3))
    return texts, pieces


@given(_histories(), st.data())
def test_no_loss_repeat_or_disorder_yields_a_text_that_was_not_written(
    history: tuple[dict[Place, str], list[Piece]], data: st.DataObject
) -> None:
    texts, pieces = history
    arriving = data.draw(st.lists(st.sampled_from(pieces), max_size=60)) if pieces else []
    copy: Copy | None = None
    for each in arriving:
        earlier, copy = copy, joined(copy, each)
        assert texts[copy.place].startswith(copy.text)
        if earlier is not None:
            assert copy.place >= earlier.place
            assert copy.place > earlier.place or copy.text.startswith(earlier.text)
    if copy is not None:
        assert copy.place == max(each.place for each in arriving)


@given(_histories())
def test_a_reader_who_wants_what_he_lacks_has_it_all_in_the_end(
    history: tuple[dict[Place, str], list[Piece]],
) -> None:
    texts, pieces = history
    copy: Copy | None = None
    for each in pieces[::2]:
        copy = joined(copy, each)
    last = max(texts)
    live = LiveText(run_no=last.run_no, edition=last.edition, text=texts[last])
    has_chars = len(copy.text) if copy is not None and copy.place == last else 0
    for each in cut(7, live, has_chars):
        copy = joined(copy, each)
    assert copy is not None
    assert (copy.text, copy.is_whole) == (texts[last], True)


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "hello",
        "1 2 3 4 5 6",
        "1 2 3 4 5 x 一",
        "-1 2 3 4 5 0 一",
        "１ 2 3 4 5 0 一",
        "1 2 3 4 5.0 0 一",
        "1  2 3 4 5 0 一",
        f"{'9' * 5000} 2 3 4 5 0 一",
    ],
)
def test_what_is_no_piece_is_passed_over(body: str) -> None:
    assert piece_in(body) is None


@given(st.text())
def test_no_text_breaks_the_reading(body: str) -> None:
    for read in (piece_in, want_in, turn_in):
        read(body)


def test_a_text_keeps_its_blanks() -> None:
    sent = piece("  a  b \n")
    assert piece_in(told(sent)) == sent


def test_a_want_is_read_as_it_was_told_and_nothing_else_is() -> None:
    want = Want(turn_id=HUGE, place=Place(3, 2), has_chars=12)
    assert want_in(wanted(want)) == want
    for body in ("", "1", "1 2 3", "1 2 3 4 5", "1 2 3 a"):
        assert want_in(body) is None


@pytest.mark.parametrize(
    ("body", "turn_id"), [("12", 12), ("", None), ("1 2", None), ("-1", None), ("x", None)]
)
def test_a_turn_is_read_by_its_id(body: str, turn_id: int | None) -> None:
    assert turn_in(body) == turn_id
