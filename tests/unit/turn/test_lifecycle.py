"""The table of what may happen to a turn."""

import itertools
import re
from pathlib import Path

import pytest

from yingda.store.schema import is_pending
from yingda.turn.diagram import mermaid
from yingda.turn.lifecycle import PENDING, TRANSITIONS, Happening, State, sources
from yingda.turn.model import Cursor

TERMINAL = frozenset({State.ANSWERED, State.FAILED, State.CANCELLED})


def test_the_table_speaks_of_every_state() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set(State) - PENDING == TERMINAL


@pytest.mark.parametrize(
    ("state", "happening"), list(itertools.product(sorted(TERMINAL), Happening))
)
def test_nothing_happens_to_an_ended_turn(state: State, happening: Happening) -> None:
    assert TRANSITIONS[state].get(happening) is None


@pytest.mark.parametrize("state", sorted(PENDING))
def test_every_pending_state_has_a_way_to_every_sad_end(state: State) -> None:
    assert TRANSITIONS[state].get(Happening.FAIL) is State.FAILED
    assert TRANSITIONS[state].get(Happening.CANCEL) is State.CANCELLED
    assert TRANSITIONS[state].get(Happening.CLAIM) is State.RUNNING


def test_only_a_running_turn_is_answered() -> None:
    assert sources(Happening.ANSWER) == {State.RUNNING}
    assert TRANSITIONS[State.RUNNING].get(Happening.ANSWER) is State.ANSWERED


@pytest.mark.parametrize("happening", Happening)
def test_sources_are_the_table_read_backwards(happening: Happening) -> None:
    assert sources(happening) == {state for state in State if TRANSITIONS[state].get(happening)}


def test_every_state_is_reached_from_the_first() -> None:
    reached, fresh = {State.QUEUED}, {State.QUEUED}
    while fresh:
        fresh = {to for state in fresh for to in TRANSITIONS[state].values()} - reached
        reached |= fresh
    assert reached == set(State)


def test_cursors_are_ordered_by_source_and_then_by_block() -> None:
    assert Cursor() < Cursor(0, 5) < Cursor(3) < Cursor(3, 1) < Cursor(4)


def test_the_indexes_own_words_for_pending_are_the_tables() -> None:
    words = ", ".join(f"'{state.value}'" for state in sorted(PENDING))
    assert str(is_pending) == f"state IN ({words})"


@pytest.mark.parametrize("page", ["the-route.md", "the-route.zh-CN.md"])
def test_the_diagram_in_the_docs_is_the_tables(page: str) -> None:
    """`make diagram` writes it."""
    text = (Path(__file__).parents[3] / "docs/discussions" / page).read_text(encoding="utf-8")
    assert re.findall(r"```mermaid\n(.*?)\n```", text, re.DOTALL) == [mermaid()]


def test_the_diagram_shows_every_transition_and_where_a_life_begins_and_ends() -> None:
    arrows = {tuple(re.split(r" --> |: ", line.strip())) for line in mermaid().splitlines()[1:]}
    expected: set[tuple[str, ...]] = {("[*]", "queued")}
    expected |= {(state.value, "[*]") for state in TERMINAL}
    for state, happenings in TRANSITIONS.items():
        expected |= {(state.value, to.value, why.value) for why, to in happenings.items()}
    assert arrows == expected
