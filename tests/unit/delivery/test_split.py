from itertools import pairwise

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from support.markdown import answers, fragments, render
from yingda.delivery.plain import SEPARATOR, Block, blocks, closed_blocks
from yingda.delivery.split import MIN_LIMIT_BYTES, Part, all_parts, next_part
from yingda.turn.model import Cursor

START = Cursor()
LIMITS = st.integers(MIN_LIMIT_BYTES, 400)
SOURCES = answers() | fragments() | st.lists(answers(), max_size=4).map("\n\n".join)
TEXTS = st.text(st.sampled_from("中文，。 a.\n👩‍👧🇨🇳\u0301\u200d"), max_size=300)


def size_bytes(text: str) -> int:
    return len(text.encode())


def joined(parts: tuple[Part, ...]) -> str:
    return "".join(part.text for part in parts)


def as_blocks(*texts: str) -> tuple[Block, ...]:
    return tuple(Block(text, (index + 1) * 10, ()) for index, text in enumerate(texts))


@settings(max_examples=150, deadline=None)
@given(SOURCES, LIMITS)
def test_the_parts_join_to_the_whole_and_each_fits(source: str, limit: int) -> None:
    parts = all_parts(blocks(source), START, limit)
    assert joined(parts) == render(source)
    assert all(0 < size_bytes(part.text) <= limit for part in parts)


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS.filter(str.strip), max_size=4), LIMITS)
def test_text_of_any_kind_joins_and_fits(texts: list[str], limit: int) -> None:
    parts = all_parts(as_blocks(*texts), START, limit)
    assert joined(parts) == SEPARATOR.join(texts)
    assert all(0 < size_bytes(part.text) <= limit for part in parts)


@settings(max_examples=100, deadline=None)
@given(SOURCES, LIMITS)
def test_cursors_grow_and_meet_and_only_the_last_part_says_so(source: str, limit: int) -> None:
    parts = all_parts(blocks(source), START, limit)
    assert all(part.start < part.end for part in parts)
    assert all(a.end == b.start for a, b in pairwise(parts))
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True] * bool(parts)


@settings(max_examples=100, deadline=None)
@given(SOURCES, LIMITS)
def test_next_part_from_each_end_gives_all_parts(source: str, limit: int) -> None:
    shown = blocks(source)
    ends = [START, *(part.end for part in all_parts(shown, START, limit))]
    again = [next_part(shown, end, limit) for end in ends]
    assert again == [*all_parts(shown, START, limit), None]


@settings(max_examples=150, deadline=None)
@given(SOURCES, LIMITS)
def test_no_part_is_blank(source: str, limit: int) -> None:
    shown = blocks(source)
    gaps = [len(gap) for block in shown for gap in regex.findall(r"\s+", block.text)]
    if max(gaps, default=0) < MIN_LIMIT_BYTES // 3:
        assert all(part.text.strip() for part in all_parts(shown, START, limit))


@settings(max_examples=150, deadline=None)
@given(SOURCES, LIMITS)
def test_no_cut_is_inside_an_atom_or_grapheme_that_fits(source: str, limit: int) -> None:
    shown = blocks(source)
    whole = render(source)
    room = limit - len(SEPARATOR)
    spans = [match.span() for match in regex.finditer(r"\X", whole)]
    at = 0
    for block in shown:
        spans.extend((at + begin, at + end) for begin, end in block.atoms)
        at += len(block.text) + len(SEPARATOR)
    kept = [(b, e) for b, e in spans if e - b > 1 and size_bytes(whole[b:e]) <= room]
    cut = 0
    for part in all_parts(shown, START, limit):
        cut += len(part.text)
        assert not [span for span in kept if span[0] < cut < span[1]]


@settings(max_examples=150, deadline=None)
@given(SOURCES, LIMITS, st.floats(0, 1), st.integers(0, 5))
def test_parts_of_a_prefix_and_then_of_the_whole_give_the_whole(
    source: str, limit: int, share: float, taken: int
) -> None:
    early = all_parts(closed_blocks(source[: int(len(source) * share)]), START, limit)[:taken]
    cursor = early[-1].end if early else START
    late = all_parts(blocks(source), cursor, limit)
    # Nothing followed the last closed block when it was cut: its separator is the seam itself.
    seam = SEPARATOR if early and early[-1].is_last and late else ""
    assert joined(early) + seam + joined(late) == render(source)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("甲" * 12 + "\n" + "乙" * 20, "甲" * 12 + "\n"),
        ("甲" * 12 + "。”" + "乙" * 20, "甲" * 12 + "。”"),
        ("甲" * 8 + "\n" + "乙" * 8 + "。" + "丙" * 20, "甲" * 8 + "\n" + "乙" * 8 + "。"),
        ("甲" * 18 + "，" + "乙" * 20, "甲" * 18 + "，"),
        ("甲" * 5 + "，" + "乙" * 30, "甲" * 5 + "，" + "乙" * 15),
        ("a" * 40 + '." ' + "b" * 60, "a" * 40 + '." '),
        ("a" * 40 + ".5" + "b" * 60, "a" * 40 + ".5" + "b" * 22),
        ("a" * 50 + " " + "b" * 60, "a" * 50 + " "),
        ("a" * 60 + "👩‍👩‍👧‍👦" * 3, "a" * 60),
        ("a" * 63 + "e\u0301" + "b" * 9, "a" * 63),
        ("a" * 63 + "\r\n" + "b" * 9, "a" * 63),
        ("a" + "\u0301" * 60, "a" + "\u0301" * 31),
        ("中" * 21 + "乙", "中" * 21),
    ],
)
def test_the_best_reading_cut_of_a_well_filled_part_wins(text: str, first: str) -> None:
    part = next_part(as_blocks(text), START, 64)
    assert part is not None
    assert part.text == first


def test_a_paragraph_end_wins_over_a_later_line_end() -> None:
    shown = as_blocks("甲" * 11, "乙" * 3 + "\n" + "丙" * 9)
    assert [part.text for part in all_parts(shown, START, 64)] == [
        "甲" * 11 + SEPARATOR,
        "乙" * 3 + "\n" + "丙" * 9,
    ]


@pytest.mark.parametrize("length", range(58, 68))
def test_a_separator_never_begins_a_part(length: int) -> None:
    parts = all_parts(as_blocks("a" * length, "b" * 9), START, 64)
    assert joined(parts) == "a" * length + SEPARATOR + "b" * 9
    assert not any(part.text.startswith("\n") for part in parts)


def test_an_atom_that_fits_moves_to_the_next_part_whole() -> None:
    source = "看" * 15 + " https://example.com/abcdefghijklmnop,qrstuvw 完"
    first, second = all_parts(blocks(source), START, 64)
    assert first.text == "看" * 15 + " "
    assert second.text.startswith("https://example.com/abcdefghijklmnop,qrstuvw")


def test_an_atom_larger_than_the_limit_is_cut_and_nothing_of_it_lost() -> None:
    source = "见 https://example.com/" + "a" * 200
    parts = all_parts(blocks(source), START, 64)
    assert joined(parts) == source
    assert len(parts) == 4


@pytest.mark.parametrize("limit", [-1, 0, MIN_LIMIT_BYTES - 1])
def test_a_limit_too_small_for_progress_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="at least 64 bytes"):
        next_part(as_blocks("甲"), START, limit)


@pytest.mark.parametrize(
    ("start", "text"),
    [
        (Cursor(0, 2), "cd\n\nefgh"),
        (Cursor(0, 4), "efgh"),
        (Cursor(0, 5), "abcd\n\nefgh"),
        (Cursor(7, 3), "abcd\n\nefgh"),
        (Cursor(10, 1), "fgh"),
        (Cursor(13, 1), "efgh"),
        (Cursor(20), None),
        (Cursor(99, 9), None),
    ],
)
def test_a_cursor_of_another_rendering_repeats_rather_than_loses(
    start: Cursor, text: str | None
) -> None:
    part = next_part(as_blocks("abcd", "efgh"), start, 64)
    assert (part.text if part else None) == text


def test_no_blocks_have_no_parts() -> None:
    assert all_parts((), START, 64) == ()


def test_a_very_long_answer_is_cut_into_well_filled_parts() -> None:
    source = ("这是一句话，里面有`代码`和https://example.com/a。" * 40 + "\n\n") * 50
    parts = all_parts(blocks(source), START, 1800)
    assert joined(parts) == render(source)
    assert min(size_bytes(part.text) for part in parts[:-1]) >= 1800 // 3
