"""Lines are measured and wrapped as a terminal shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.cli import demo_screen


@pytest.mark.parametrize(
    ("text", "cells"),
    [("abc", 3), ("你好", 4), ("。", 2), ("e\u0301", 1), ("👨‍👩‍👧", 2), ("❤️", 2), ("", 0)],
)
def test_widths_are_counted_in_cells(text: str, cells: int) -> None:
    assert demo_screen.width_cells(text) == cells


def test_latin_words_are_not_broken_and_blanks_at_a_break_vanish() -> None:
    assert list(demo_screen.wrapped("one two three", 8)) == ["one two", "three"]
    assert list(demo_screen.wrapped("你好world和平", 6)) == ["你好", "world", "和平"]


@given(st.text(alphabet=st.sampled_from("ab 你，👍\n")), st.integers(2, 30))
def test_wrapping_keeps_every_character_and_the_limit(text: str, limit_cells: int) -> None:
    lines = list(demo_screen.wrapped(text, limit_cells))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(demo_screen.width_cells(line) <= limit_cells for line in lines)
