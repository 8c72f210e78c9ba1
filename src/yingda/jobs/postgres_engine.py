"""What PgQueuer brings: its tables' names, and its statements that enqueue and fetch.

Imported only where PostgreSQL is used: PgQueuer costs a start half a second (measured). Holds no
connection.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from pgqueuer.adapters.persistence.composer import ComposedQuery
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel, QueueEntrypoint, QueueManagerId

#: Each name is given, or PgQueuer would take it from the environment, even from variables as plain
#: as CHANNEL. Its log is kept by no write-ahead log: nothing of it has to survive a crash.
SETTINGS: Final = DBSettings(
    prefix="",
    db_schema=None,
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.balanced,
    widen_id=True,
)
CHANNEL: Final[str] = SETTINGS.channel
TABLE: Final[str] = SETTINGS.queue_table
LOG: Final[str] = SETTINGS.queue_table_log
#: The index that keeps a lane within its limit, however many fetch at once.
SLOTS: Final = f"{TABLE}_picked_slot_idx"

#: The entry point of every lane without a limit, and what those of the others begin with.
OPEN: Final = "turn"
LIMITED: Final = "turn:"

_builder = QueryQueueBuilder(settings=SETTINGS)
#: Gives jobs to turns that have none, and tells which it gave.
ENQUEUE: Final = _builder.build_enqueue_query("skip")
#: What its placeholders stand for, in their order; each is a list, with an item for each job.
_NAMES: Final = ("priorities", "entrypoints", "payloads", "delays", "keys", "headers")
#: The same with `:name` placeholders.
ENQUEUE_BY_NAME: Final = re.sub(r"\$(\d)", lambda found: f":{_NAMES[int(found[1]) - 1]}", ENQUEUE)


def enqueued(jobs: Sequence[tuple[int, str]]) -> list[list[Any]]:
    """The values of `ENQUEUE`: a turn's id, and its entry point, for each job."""
    count = len(jobs)
    return [
        [0] * count,
        [entrypoint for _, entrypoint in jobs],
        [str(turn_id).encode() for turn_id, _ in jobs],
        [timedelta(0)] * count,
        [str(turn_id) for turn_id, _ in jobs],
        ["null"] * count,
    ]


def enqueued_by_name(turn_id: int, entrypoint: str) -> dict[str, Any]:
    """The values of `ENQUEUE_BY_NAME` for one job."""
    return dict(zip(_NAMES, enqueued([(turn_id, entrypoint)]), strict=True))


def fetching(
    most: int, limits: Mapping[str, int], worker: UUID, stale_after: timedelta
) -> ComposedQuery:
    """The statement that fetches jobs of these entry points; a limit of 0 is none."""
    return _builder.build_dequeue_query(
        batch_size=most,
        entrypoints=[QueueEntrypoint(name) for name in limits],
        concurrency_limits=list(limits.values()),
        queue_manager_id=QueueManagerId(worker),
        global_concurrency_limit=None,
        heartbeat_timeout=stale_after,
    )
