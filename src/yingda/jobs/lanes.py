"""Who is next: turns wait in lanes, one for each provider, and lanes take turns.

Pure bookkeeping: knows no task, no clock, and not what a turn is.
"""

from collections import OrderedDict
from collections.abc import Mapping


class _Lane:
    """The turns of one provider."""

    __slots__ = ("limit", "places", "running", "ticket")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.running = 0
        #: Turn → its ticket. Tickets count up, so that two of them tell how far they are apart.
        self.places: OrderedDict[int, int] = OrderedDict()
        self.ticket = 0

    @property
    def is_ready(self) -> bool:
        return bool(self.places) and (self.limit is None or self.running < self.limit)


class Lanes:
    """Turns that wait and turns that run; each operation takes the same time however many."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._lanes: dict[str, _Lane] = {}
        #: Turn → its lane, waiting or running; None once a running one has left it.
        self._lane_of: dict[int, str | None] = {}
        #: The lanes that could begin a turn now, in the order in which they may.
        self._ready: OrderedDict[str, None] = OrderedDict()

    def add(self, turn_id: int, name: str) -> bool:
        """Let the turn wait in this lane; False when it waits or runs already."""
        if turn_id in self._lane_of:
            return False
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane(self._limits.get(name))
        lane.ticket += 1
        lane.places[turn_id] = lane.ticket
        self._lane_of[turn_id] = name
        self._note(name, lane)
        return True

    def take(self) -> int | None:
        """The next turn to run, from now on a running one; None while nobody may begin."""
        if not self._ready:
            return None
        name, _ = self._ready.popitem(last=False)
        lane = self._lanes[name]
        turn_id, _ = lane.places.popitem(last=False)
        lane.running += 1
        # At the end again: a lane with a thousand turns lets the others have theirs in between.
        self._note(name, lane)
        return turn_id

    def end(self, turn_id: int) -> None:
        """A running turn has ended: its place is free."""
        self.leave(turn_id)
        del self._lane_of[turn_id]

    def leave(self, turn_id: int) -> None:
        """A running turn needs its place no more; nothing happens to one that waits or has left."""
        name = self._lane_of[turn_id]
        if name is None or turn_id in self._lanes[name].places:
            return
        self._lane_of[turn_id] = None
        lane = self._lanes[name]
        lane.running -= 1
        self._note(name, lane)

    def withdraw(self, turn_id: int) -> None:
        """Take a turn out that waits; nothing happens to one that runs or is unknown."""
        name = self._lane_of.get(turn_id)
        if name is None or turn_id not in self._lanes[name].places:
            return
        lane = self._lanes[name]
        del lane.places[turn_id]
        del self._lane_of[turn_id]
        self._note(name, lane)

    def before(self, turn_id: int) -> int:
        """How many come first in its lane, at most; 0 for a turn that does not wait."""
        name = self._lane_of.get(turn_id)
        places = self._lanes[name].places if name is not None else {}
        if turn_id not in places:
            return 0
        return places[turn_id] - next(iter(places.values()))

    def _note(self, name: str, lane: _Lane) -> None:
        if lane.is_ready:
            self._ready.setdefault(name)
            return
        self._ready.pop(name, None)
        if not lane.places and not lane.running:
            # Names come from settings, and yet: what is of no use is not kept.
            del self._lanes[name]
