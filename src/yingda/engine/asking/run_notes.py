"""Writes down what a provider calls a run, soon after it began.

After a crash the answer can be looked for by these names.
"""

from functools import partial

import structlog

from yingda.clock import Clock
from yingda.engine.errands import Errands
from yingda.engine.running_turn import RunningTurn
from yingda.errors import StoreError
from yingda.store.base import Store

_log = structlog.get_logger()

#: How long the ids of a run wait to be written: a run that ends sooner writes them with its end,
#: and spares a flush. Our choice: a crash in this moment is still met by a search for the words.
_NOTE_AFTER_S = 0.05


class RunNotes:
    """Keeps the store up to date about the runs of this process."""

    def __init__(self, store: Store, clock: Clock, errands: Errands) -> None:
        self._store = store
        self._clock = clock
        self._errands = errands

    def soon(self, running: RunningTurn) -> None:
        """Write the ids down, unless the run's end does it first."""
        if running.note is None:
            running.note = self._clock.call_later(_NOTE_AFTER_S, partial(self.now, running))

    def now(self, running: RunningTurn) -> None:
        """Write down at once what is still to be written."""
        if running.note is not None:
            running.note.cancel()
            running.note = None
            self._errands.send(self._note(running))

    def drop(self, running: RunningTurn) -> None:
        """What is still to be written is about somebody who is asked no more."""
        if running.note is not None:
            running.note.cancel()
            running.note = None

    async def _note(self, running: RunningTurn) -> None:
        try:
            await self._store.note_run(running.turn_id, running.claim.turn.run_no, running.ids)
        except StoreError:
            # Only a crash would miss it, and the answer itself is written with patience.
            _log.warning("run_not_noted", turn=running.turn_id)
