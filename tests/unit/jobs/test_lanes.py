"""Lanes keep order and bounds, and let each other through, whatever happens to them."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from yingda.jobs.lanes import Lanes

LIMITS = {"one": 1, "two": 2}
NAMES = st.sampled_from(["one", "two", "free"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 30), NAMES),
        st.tuples(st.just("take"), st.just(0), st.just("")),
        st.tuples(st.just("end"), st.integers(0, 30), st.just("")),
        st.tuples(st.just("leave"), st.integers(0, 30), st.just("")),
        st.tuples(st.just("withdraw"), st.integers(0, 30), st.just("")),
    ),
    max_size=80,
)


class Model:
    """The same, in the plainest way; who of the lanes is next is left open."""

    def __init__(self) -> None:
        self.waiting: defaultdict[str, list[int]] = defaultdict(list)
        self.running: dict[int, str] = {}

    def add(self, turn_id: int, name: str) -> None:
        if turn_id not in self.running and all(turn_id not in ids for ids in self.waiting.values()):
            self.waiting[name].append(turn_id)

    def withdraw(self, turn_id: int) -> None:
        for ids in self.waiting.values():
            if turn_id in ids:
                ids.remove(turn_id)

    def heads(self) -> dict[int, str]:
        """The turns that may begin now, with their lanes."""
        busy = list(self.running.values())
        return {
            ids[0]: name
            for name, ids in self.waiting.items()
            if ids and busy.count(name) < LIMITS.get(name, 99)
        }


@given(STEPS)
def test_lanes_agree_with_the_plainest_account_of_them(steps: list[tuple[str, int, str]]) -> None:
    lanes, model = Lanes(LIMITS), Model()
    for step, turn_id, name in steps:
        if step == "add":
            lanes.add(turn_id, name)
            model.add(turn_id, name)
        elif step == "withdraw":
            lanes.withdraw(turn_id)
            model.withdraw(turn_id)
        elif step == "end" and turn_id in model.running:
            lanes.end(turn_id)
            del model.running[turn_id]
        elif step == "leave" and turn_id in model.running:
            lanes.leave(turn_id)
            model.running[turn_id] = ""
        elif step == "take":
            heads = model.heads()
            taken = lanes.take()
            assert (taken in heads) if heads else (taken is None)
            if taken is not None:
                model.running[taken] = heads[taken]
                model.waiting[heads[taken]].remove(taken)
        for ids in model.waiting.values():
            assert all(lanes.before(each) >= place for place, each in enumerate(ids))


@given(st.lists(NAMES, min_size=1, max_size=40))
def test_a_lane_that_is_ready_begins_one_before_another_lane_begins_two(names: list[str]) -> None:
    lanes = Lanes({})
    lane_of = dict(enumerate(names))
    for turn_id, name in lane_of.items():
        lanes.add(turn_id, name)
    left = defaultdict(int, {name: names.count(name) for name in names})
    while any(left.values()):
        ready = {name for name, count in left.items() if count}
        taken = [lanes.take() for _ in ready]
        assert {lane_of[each] for each in taken if each is not None} == ready
        for name in ready:
            left[name] -= 1
    assert lanes.take() is None


def test_what_is_over_leaves_nothing_behind() -> None:
    lanes = Lanes(LIMITS)
    for n in range(5):
        lanes.add(n, "one")
    for n in range(4):
        lanes.withdraw(n)
    assert lanes.take() == 4
    lanes.end(4)
    assert (lanes._lanes, lanes._lane_of, lanes._ready) == ({}, {}, {})
