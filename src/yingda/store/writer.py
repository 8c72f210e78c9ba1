"""Durable transactions in groups: their statements run on the event loop, the flush on a thread.

A durable commit costs a flush of the disk; everything that was submitted while the last flush
ran shares the next one. A statement costs a few µs, less than handing it to a thread: there it
lets go of the interpreter's lock and has to win it back from the loop. Knows no table.
"""

import asyncio
import sqlite3
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import structlog

from yingda.errors import StoreError
from yingda.store.execution import carry_out, is_busy
from yingda.store.flusher import Flusher
from yingda.store.refusals import store_error
from yingda.store.steps import Steps

T = TypeVar("T")
Operation = Callable[[], Steps[Any]]

_log = structlog.get_logger()

#: An operation takes some 40 µs (measured), a group of this size 40 ms. Our choice: only a flood
#: fills it, and in a flood the loop comes round that seldom anyway, so that less would let the
#: queue grow. Measured with 10 000 questions at once: groups of 64 entered 500 a second.
_BATCH_LIMIT = 1024
#: So many fill a flush: no more are waited for.
_FULL_FLUSH = 64
#: How long a group waits for another program that holds the file, such as a backup. Our
#: choice: an attempt has 5 s in all, and what comes after the wait must fit into them too.
_LOCK_WAIT_S = 1.5


class _Job:
    __slots__ = ("error", "operation", "reply", "result")

    def __init__(self, operation: Operation, reply: "asyncio.Future[Any]") -> None:
        self.operation = operation
        self.reply = reply
        self.result: Any = None
        self.error: BaseException | None = None


_Group = list[_Job]


class Writer:
    """Runs operations one after the other, each as if in a transaction of its own.

    The connection must not wait for locks by itself. One group is under way at a time, so that
    loop and thread never use the connection together.
    """

    def __init__(
        self, connection: sqlite3.Connection, *, lock_wait_s: float = _LOCK_WAIT_S
    ) -> None:
        self._connection = connection
        self._lock_wait_s = lock_wait_s
        self._waiting: deque[_Job] = deque()
        #: Groups that are tried once more because one of their operations failed.
        self._again: deque[_Group] = deque()
        self._unanswered = 0
        #: The loop that works through what is waiting; None while nothing is.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle: asyncio.Future[None] | None = None
        self._is_closed = False
        self._flusher = Flusher()

    @property
    def is_busy(self) -> bool:
        """Whether an operation was submitted whose caller has not been told its result."""
        return self._unanswered > 0

    async def submit(self, operation: Callable[[], Steps[T]]) -> T:
        """Carry `operation` out, and return its result once that is durable.

        It is begun anew when another one in its group fails. Raises StoreError when the database
        refuses, or was closed. Cancelling the caller does not undo what was submitted.
        """
        if self._is_closed:
            raise StoreError("the database was closed")
        loop = asyncio.get_running_loop()
        job = _Job(operation, loop.create_future())
        self._unanswered += 1
        self._waiting.append(job)
        if self._loop is None:
            self._loop = loop
            self._go_on()
        result: T = await job.reply
        return result

    async def close(self) -> None:
        """Finish what was submitted, take nothing more, and end the thread."""
        self._is_closed = True
        loop = asyncio.get_running_loop()
        self._unanswered += 1
        # What an earlier loop left when it was closed is nobody's any more.
        if self._loop is loop:
            self._idle = loop.create_future()
            await self._idle
        await self._flusher.close()
        self._unanswered -= 1

    def _next_group(self) -> None:
        if self._again:
            group = self._again.popleft()
        else:
            count = min(len(self._waiting), _BATCH_LIMIT)
            group = [self._waiting.popleft() for _ in range(count)]
        if group:
            self._guarded(self._begin, group)
            return
        self._loop = None
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _guarded(self, step: Callable[[_Group], None], group: _Group) -> None:
        try:
            step(group)
        # Every later caller would wait for ever, so nothing may end the work: neither a rollback
        # that is refused nor an operation that raises what no operation should.
        except BaseException as error:
            self._fail(group, _left_over(error))
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise

    def _begin(self, group: _Group) -> None:
        # An earlier group's rollback may have been refused.
        self._roll_back()
        try:
            # Taking the write lock at once cannot fail half-way through a group.
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if not is_busy(error):
                raise
            self._send(self._wait_for_lock, self._begun, group)
        else:
            self._run(group)

    def _wait_for_lock(self) -> None:
        execute = self._connection.execute
        execute(f"PRAGMA busy_timeout = {self._lock_wait_s * 1000:.0f}")
        try:
            execute("BEGIN IMMEDIATE")
        finally:
            execute("PRAGMA busy_timeout = 0")

    def _begun(self, group: _Group, error: BaseException | None) -> None:
        if error is None:
            self._guarded(self._run, group)
        else:
            # Nobody's fault: trying each one alone would only wait for the lock again and again.
            self._fail(group, _left_over(error))

    def _run(self, group: _Group) -> None:
        for place, job in enumerate(group):
            try:
                job.result = carry_out(self._connection, job.operation())
            # Whatever one operation raises must reach its own caller and no other.
            except Exception as error:  # noqa: BLE001
                self._roll_back()
                self._separate(group, place, error)
                return
        self._send(self._commit, self._committed, group)

    def _separate(self, group: _Group, place: int, error: Exception) -> None:
        """One failed: it is tried alone, between those before it and those after it.

        Cheaper than a savepoint around every operation: failing is rare.
        """
        if len(group) == 1:
            self._fail(group, _translated(error))
        else:
            self._retry(group[:place], [group[place]], group[place + 1 :])

    def _commit(self) -> None:
        self._connection.execute("COMMIT")

    def _committed(self, group: _Group, error: BaseException | None) -> None:
        if error is None:
            self._deliver(group)
        else:
            self._guarded(partial(self._refused, error=error), group)

    def _refused(self, group: _Group, error: BaseException) -> None:
        self._roll_back()
        if len(group) == 1 or not isinstance(error, Exception):
            self._fail(group, _left_over(error))
        else:
            # A full disk may still have room for some.
            self._retry(*([job] for job in group))

    def _retry(self, *groups: _Group) -> None:
        self._again.extendleft(reversed([group for group in groups if group]))
        self._go_on()

    def _fail(self, group: _Group, error: Exception) -> None:
        for job in group:
            job.error = error
        self._deliver(group)

    def _deliver(self, group: _Group) -> None:
        self._unanswered -= len(group)
        for job in group:
            if job.reply.done():
                continue
            if job.error is None:
                job.reply.set_result(job.result)
            else:
                job.reply.set_exception(job.error)
        # After the callers were woken: what they submit next shares the next group.
        self._go_on()
        refused = [job.error for job in group if isinstance(job.error, StoreError)]
        if refused and self._loop is not None:
            # Alone, for nothing may depend on the log.
            self._loop.call_soon(_tell, refused)

    def _go_on(self) -> None:
        if self._loop is not None:
            if len(self._waiting) >= _FULL_FLUSH:
                self._loop.call_soon(self._next_group)
                return
            # A round later, so that tasks which are only being started share the group: one
            # question alone took five flushes, and takes four (measured).
            self._loop.call_soon(self._loop.call_soon, self._next_group)

    def _send(
        self,
        work: Callable[[], None],
        then: Callable[[_Group, BaseException | None], None],
        group: _Group,
    ) -> None:
        assert self._loop is not None, "a group is under way"
        self._flusher.send(work, partial(then, group), self._loop)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _tell(refused: list[StoreError]) -> None:
    for reason, count in Counter(map(str, refused)).items():
        _log.error("store_refused", reason=reason, operations=count)


def _translated(error: Exception) -> Exception:
    if not isinstance(error, sqlite3.Error):
        return error
    translated = store_error(error)
    translated.__cause__ = error
    return translated


def _left_over(error: BaseException) -> StoreError:
    if isinstance(error, sqlite3.Error):
        left_over = store_error(error)
    else:
        left_over = StoreError(f"an operation on the database broke off: {type(error).__name__}")
    left_over.__cause__ = error
    return left_over
