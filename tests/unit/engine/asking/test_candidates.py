"""Who is asked next: each at most once, only where it may help, and never after text."""

import pytest

from yingda.engine.asking.candidates import candidates, may_go_on
from yingda.errors import FailureKind

ELSEWHERE = {
    FailureKind.BUSY: True,
    FailureKind.QUOTA: True,
    FailureKind.TIMEOUT: True,
    FailureKind.UNAVAILABLE: True,
    FailureKind.CONFIGURATION: True,
    FailureKind.INCOMPLETE: True,
    FailureKind.EMPTY: True,
    FailureKind.REFUSED: False,
    FailureKind.CONVERSATION_RESET: False,
    FailureKind.PERSON: False,
    FailureKind.PICTURE: False,
    FailureKind.VOICE: False,
    FailureKind.INTERNAL: False,
}


@pytest.mark.parametrize("kind", FailureKind)
def test_another_one_is_asked_only_where_it_may_help_and_never_after_text(
    kind: FailureKind,
) -> None:
    assert may_go_on(kind, has_text=False) == ELSEWHERE[kind]
    assert not may_go_on(kind, has_text=True)


@pytest.mark.parametrize(
    ("fallbacks", "expected"),
    [
        ({}, ("a",)),
        ({"b": ("c",)}, ("a",)),
        ({"a": ("b", "c")}, ("a", "b", "c")),
        ({"a": ("b",), "b": ("a", "c")}, ("a", "b")),
        ({"a": ("b", "a", "b")}, ("a", "b")),
    ],
)
def test_candidates_are_the_first_and_its_own_stand_ins_each_once(
    fallbacks: dict[str, tuple[str, ...]], expected: tuple[str, ...]
) -> None:
    assert candidates("a", fallbacks) == expected
