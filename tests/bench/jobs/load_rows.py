"""What an engine costs: when it is idle, when turns end at once, and when thousands run.

Each function measures one engine once, and returns its figures by name.
"""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence

from bench.jobs.postgres import Database
from bench.jobs.worker import FOR_EVER_S
from bench.jobs.world import WorkerProcess, World, world
from bench.stats import percentile

Figures = Mapping[str, float]

_IDLE_QUESTIONS, _IDLE_GAP_S = 200, 0.02
_ECHO_QUESTIONS = 3000
_CHAINS, _CHAIN_LENGTH = 50, 8
#: So far apart that the ends of two turns rarely meet.
_CHAIN_AI_S = (0.3, 2.0)
_HELD_QUESTIONS = 5000
_HOLD_S = 12.0
_PROBES, _PROBE_GAP_S = 300, 0.02

# From the moment before the question's transaction to the first line of the turn's run.
_LATENCIES_MS = """
    SELECT (started_at - entered_at) * 1000 FROM run JOIN turn ON turn.id = run.turn_id
    WHERE turn.id > %s ORDER BY 1
"""


async def idle(name: str, database: Database) -> Figures:
    """From a question to its start where nothing else happens."""
    async with world(name, database) as made:
        await made.ready(made.start_worker())
        await asyncio.sleep(1.0)
        latencies = await _probe(made, _IDLE_QUESTIONS, _IDLE_GAP_S)
        return {
            "start_p50_ms": percentile(latencies, 0.5),
            "start_p99_ms": percentile(latencies, 0.99),
        }


async def echo(name: str, database: Database) -> Figures:
    """A backlog of turns that end at once: what a turn costs all in."""
    async with world(name, database) as made:
        cpu_begin_s = database.cpu_s()
        await made.ask(0.0, _ECHO_QUESTIONS)
        asked_s = database.cpu_s() - cpu_begin_s
        worker = made.start_worker()
        await made.until_answered(_ECHO_QUESTIONS)
        span = await made.rows(
            "SELECT (SELECT min(started_at) FROM run), (SELECT max(ended_at) FROM turn)"
        )
        server_s = database.cpu_s() - cpu_begin_s
        figures = worker.figures()
        await asyncio.sleep(1.0)
        left = await made.left_over()
        return {
            "turns_per_s": _ECHO_QUESTIONS / (span[0][1] - span[0][0]),
            "worker_cpu_ms": worker.cpu_s() * 1000 / _ECHO_QUESTIONS,
            "server_cpu_ms": server_s * 1000 / _ECHO_QUESTIONS,
            "enter_server_cpu_ms": asked_s * 1000 / _ECHO_QUESTIONS,
            "fetch_p50_ms": percentile(figures["fetch_ms"], 0.5),
            "rows_left": sum(left.values()),
        }


async def chain(name: str, database: Database) -> Figures:
    """Conversations whose questions queue: from the end of one turn to the next one's start."""
    async with world(name, database) as made:
        await made.ready(made.start_worker())
        await asyncio.sleep(1.0)
        dice = random.Random(1)
        heads = await made.ask(0.5, _CHAINS)
        ids = await made.rows("SELECT conversation_id FROM turn WHERE id >= %s", heads[0])
        for _ in range(_CHAIN_LENGTH - 1):
            for row in ids:
                await made.ask_in(row[0], dice.uniform(*_CHAIN_AI_S))
        whole = await made.count("SELECT count(*) FROM turn")
        await made.until_answered(whole)
        gaps = await made.rows("""
            SELECT (run.started_at - lag(turn.ended_at) OVER (
                PARTITION BY conversation_id ORDER BY turn.id)) * 1000
            FROM run JOIN turn ON turn.id = run.turn_id
        """)
        gaps_ms = [row[0] for row in gaps if row[0] is not None]
        return {
            "next_p50_ms": percentile(gaps_ms, 0.5),
            "next_p99_ms": percentile(gaps_ms, 0.99),
            "out_of_order": sum(gap < 0 for gap in gaps_ms),
        }


async def held_by_one(name: str, database: Database) -> Figures:
    """5000 turns begun and held by one worker."""
    return await _held(name, database, 1)


async def held_by_five(name: str, database: Database) -> Figures:
    """The same by five workers."""
    return await _held(name, database, 5)


async def _held(name: str, database: Database, count: int) -> Figures:
    """How other turns start beside those that are held, and what holding costs."""
    async with world(name, database) as made:
        await made.ask(FOR_EVER_S, _HELD_QUESTIONS)
        workers = [made.start_worker(_HELD_QUESTIONS // count + 1000) for _ in range(count)]
        await made.until_running(_HELD_QUESTIONS)
        span = (await made.rows("SELECT min(started_at), max(started_at) FROM run"))[0]
        for worker in workers:
            worker.figures()
        share = await _holding(made, workers)
        latencies = await _probe(made, _PROBES, _PROBE_GAP_S)
        fetch_ms = [taken for worker in workers for taken in worker.figures()["fetch_ms"]]
        for worker in workers:
            worker.release()
        begin = time.monotonic()
        await made.until_answered(_HELD_QUESTIONS + _PROBES)
        return {
            "starts_per_s": _HELD_QUESTIONS / (span[1] - span[0]),
            **share,
            "fetch_p50_ms": percentile(fetch_ms, 0.5),
            "fetch_p99_ms": percentile(fetch_ms, 0.99),
            "start_p50_ms": percentile(latencies, 0.5),
            "start_p99_ms": percentile(latencies, 0.99),
            "ends_per_s": _HELD_QUESTIONS / (time.monotonic() - begin),
        }


async def _holding(made: World, workers: Sequence[WorkerProcess]) -> Figures:
    begin_s, server_s = time.monotonic(), made.database.cpu_s()
    workers_s = sum(worker.cpu_s() for worker in workers)
    await asyncio.sleep(_HOLD_S)
    span_s = time.monotonic() - begin_s
    return {
        "hold_workers_percent": (sum(worker.cpu_s() for worker in workers) - workers_s)
        / span_s
        * 100,
        "hold_server_percent": (made.database.cpu_s() - server_s) / span_s * 100,
    }


async def _probe(made: World, count: int, gap_s: float) -> list[float]:
    """Milliseconds from question to start, one question at a time."""
    newest = await made.count("SELECT coalesce(max(id), 0) FROM turn")
    before = await made.count("SELECT count(*) FROM run")
    for _ in range(count):
        await made.ask(0.0)
        await asyncio.sleep(gap_s)
    await made.until_running(before + count)
    return [row[0] for row in await made.rows(_LATENCIES_MS, newest)]
