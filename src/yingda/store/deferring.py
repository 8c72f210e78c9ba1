"""A turn's job is written in the transaction that makes the turn the first of its conversation.

So there is never one without the other, whatever crashes. Knows when a job is due; what a job is
made of is told by whoever opens the store.
"""

from collections.abc import Callable
from typing import TypeVar

from yingda.store.entries import Entered
from yingda.store.runs import Ended
from yingda.store.steps import Deed, Query, Steps, fetch

T = TypeVar("T", bound=Entered | Ended | None)

#: The statement that gives the turn its job, in the lane of its provider; a turn that has a job
#: keeps that one.
Deferral = Callable[[int, str], Query]

_LANE = """
    SELECT c.provider FROM turn t JOIN conversation c ON c.id = t.conversation_id WHERE t.id = :id
"""


def with_job(operation: Steps[T], deferral: Deferral | None) -> Steps[T]:
    """The operation, and the job of the turn that it lets run, if it lets any."""
    result = yield from operation
    to_run = None if result is None else result.to_run
    if deferral is None or to_run is None:
        return result
    if isinstance(result, Entered) and result.turn is not None:
        lane = result.turn.provider
    else:
        # A conversation stays with the provider that it began with.
        lane = (yield from fetch(_LANE, id=to_run))[0][0]
    yield Deed(*deferral(to_run, lane))
    return result
