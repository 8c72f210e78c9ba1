"""The table of what may happen to a turn."""

import itertools

import pytest

from yingda.turn.lifecycle import PENDING, TRANSITIONS, Happening, State, after, sources
from yingda.turn.model import Cursor

TERMINAL = frozenset({State.ANSWERED, State.FAILED, State.CANCELLED})


def test_the_table_speaks_of_every_state() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set(State) - PENDING == TERMINAL


@pytest.mark.parametrize(
    ("state", "happening"), list(itertools.product(sorted(TERMINAL), Happening))
)
def test_nothing_happens_to_an_ended_turn(state: State, happening: Happening) -> None:
    assert after(state, happening) is None


@pytest.mark.parametrize("state", sorted(PENDING))
def test_every_pending_state_has_a_way_to_every_sad_end(state: State) -> None:
    assert after(state, Happening.FAIL) is State.FAILED
    assert after(state, Happening.CANCEL) is State.CANCELLED
    assert after(state, Happening.CLAIM) is State.RUNNING


def test_only_a_running_turn_is_answered() -> None:
    assert sources(Happening.ANSWER) == {State.RUNNING}
    assert after(State.RUNNING, Happening.ANSWER) is State.ANSWERED


@pytest.mark.parametrize("happening", Happening)
def test_sources_are_the_table_read_backwards(happening: Happening) -> None:
    assert sources(happening) == {state for state in State if after(state, happening)}


def test_every_state_is_reached_from_the_first() -> None:
    reached, fresh = {State.QUEUED}, {State.QUEUED}
    while fresh:
        fresh = {to for state in fresh for to in TRANSITIONS[state].values()} - reached
        reached |= fresh
    assert reached == set(State)


def test_cursors_are_ordered_by_source_and_then_by_block() -> None:
    assert Cursor() < Cursor(0, 5) < Cursor(3) < Cursor(3, 1) < Cursor(4)
