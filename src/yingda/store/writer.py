"""One thread that owns the database connection, and commits what is waiting in groups.

A durable commit costs a flush of the disk; everything that was submitted while the last flush
ran shares the next one. Knows no table. The thread itself logs nothing: a log that cannot be
written must not end it.
"""

import asyncio
import queue
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from yingda.errors import StoreError
from yingda.store.refusals import store_error
from yingda.store.steps import Steps

T = TypeVar("T")
Operation = Callable[[], Steps[Any]]

_log = structlog.get_logger()

#: Enough to fill a flush, few enough that one failing operation is soon repeated alone.
#: Our choice; 64 callers at once were measured, see docs/discussions/performance.
_BATCH_LIMIT = 256


class _Job:
    __slots__ = ("error", "loop", "operation", "reply", "result")

    def __init__(
        self,
        operation: Operation,
        reply: "asyncio.Future[Any]",
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.operation = operation
        self.reply = reply
        self.loop = loop
        self.result: Any = None
        self.error: BaseException | None = None


class Writer:
    """Runs operations one after the other, each as if in a transaction of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._unanswered = 0
        self._thread = threading.Thread(target=self._work, name="yingda-store", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether an operation was submitted whose caller has not been told its result."""
        return self._unanswered > 0

    async def submit(self, operation: Callable[[], Steps[T]]) -> T:
        """Carry `operation` out on the thread, and return its result once that is durable.

        It is begun anew when another one in its group fails. Raises StoreError when the database
        refuses. Cancelling the caller does not undo what was submitted.
        """
        loop = asyncio.get_running_loop()
        job = _Job(operation, loop.create_future(), loop)
        self._unanswered += 1
        self._queue.put(job)
        result: T = await job.reply
        return result

    async def close(self) -> None:
        """Finish what was submitted, and end the thread."""
        self._unanswered += 1
        self._queue.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        self._unanswered -= 1

    def _work(self) -> None:
        open_for_work = True
        while open_for_work:
            group, open_for_work = self._next_group()
            if group:
                self._settle(group)
                self._answer(group)

    def _next_group(self) -> tuple[list[_Job], bool]:
        group: list[_Job] = []
        job = self._queue.get()
        while job is not None:
            group.append(job)
            if len(group) == _BATCH_LIMIT:
                return group, True
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _settle(self, group: list[_Job]) -> None:
        try:
            self._run_group(group)
        # Without the thread every later caller would wait for ever, so nothing may end it: neither
        # a rollback that is refused nor an operation that raises what no operation should.
        except BaseException as error:  # noqa: BLE001
            for job in group:
                job.error = _left_over(error)

    def _run_group(self, group: list[_Job]) -> None:
        try:
            # An earlier group's rollback may have been refused.
            self._roll_back()
            # Taking the write lock at once cannot fail half-way through a group.
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            # Nobody's fault: trying each one alone would only wait for the lock again and again.
            for job in group:
                job.error = _translated(error)
            return
        try:
            for job in group:
                job.result = self._carry_out(job.operation())
            self._connection.execute("COMMIT")
        # Whatever one operation raises must reach its own caller and no other.
        except Exception as error:  # noqa: BLE001
            self._roll_back()
            if len(group) == 1:
                group[0].error = _translated(error)
                return
            for job in group:
                self._settle([job])

    def _carry_out(self, steps: Steps[Any]) -> Any:
        execute = self._connection.execute
        try:
            query = next(steps)
            while True:
                query = steps.send(execute(query.sql, query.values).fetchall())
        except StopIteration as end:
            return end.value

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _answer(self, group: list[_Job]) -> None:
        loop = group[0].loop
        try:
            loop.call_soon_threadsafe(self._deliver, group)
        except RuntimeError:
            # The loop is closed: nobody waits any more, and the work itself is durable.
            self._unanswered -= len(group)

    def _deliver(self, group: list[_Job]) -> None:
        self._unanswered -= len(group)
        for job in group:
            if job.reply.done():
                continue
            if job.error is None:
                job.reply.set_result(job.result)
            else:
                job.reply.set_exception(job.error)
        # Last, for a caller's answer must not depend on the log.
        told = Counter(str(job.error) for job in group if isinstance(job.error, StoreError))
        for reason, count in told.items():
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
