"""What an engine does when something breaks: workers, the database, the connection that listens.

Each function breaks one thing for one engine once, and returns its figures by name.
"""

import asyncio
import math
import signal
import time

import psycopg

from bench.jobs.load_rows import Figures
from bench.jobs.postgres import Database
from bench.jobs.world import LateError, WorkerProcess, World, world

_TURNS = 200
_AI_S = 4.0
#: Twice the ten seconds that are promised: enough to see what comes late.
_LIMIT_S = 30.0


async def kill(name: str, database: Database) -> Figures:
    """One of two workers is killed with -9: until its turns run again elsewhere."""
    async with world(name, database) as made:
        victim, other = await _two_workers(made)
        lost = await _on(made, victim)
        killed_at = time.time()
        victim.signal(signal.SIGKILL)
        answered = await _answered(made, _TURNS)
        again = await made.rows(
            "SELECT max(started_at) - %s, count(*) FROM run WHERE run_no > 1", killed_at
        )
        return {
            "lost_turns": lost,
            "run_again": again[0][1],
            "last_runs_again_after_s": again[0][0],
            "unanswered": _TURNS - answered,
            "most_runs_of_a_turn": await made.count("SELECT max(run_no) FROM run"),
            "refused_writes": other.figures()["refused"],
            "jobs_left": await _jobs_left(made),
        }


async def pause(name: str, database: Database) -> Figures:
    """A worker stops for 12 s (SIGSTOP), another takes over, and the first one comes back."""
    async with world(name, database) as made:
        victim, other = await _two_workers(made)
        victim.signal(signal.SIGSTOP)
        await asyncio.sleep(12.0)
        answers = await made.rows("SELECT id, run_no, ended_at FROM turn ORDER BY id")
        victim.signal(signal.SIGCONT)
        await asyncio.sleep(8.0)
        after = await made.rows("SELECT id, run_no, ended_at FROM turn ORDER BY id")
        changed = sum(
            row != new for row, new in zip(answers, after, strict=True) if row[2] is not None
        )
        return {
            "changed_by_the_revived": changed,
            "unanswered": sum(row[2] is None for row in after),
            "most_runs_of_a_turn": max(row[1] for row in after),
            "refused_writes": victim.figures()["refused"] + other.figures()["refused"],
            "jobs_left": await _jobs_left(made),
            "workers_restarted": victim.figures()["restarts"] + other.figures()["restarts"],
        }


async def two_blows(name: str, database: Database) -> Figures:
    """A worker comes back and ends turns that another runs by now; then that other one is killed.

    The engine took the first one's word for the end of the jobs, if it does not ask whose they are.
    """
    async with world(name, database) as made:
        first, second = made.start_worker(), made.start_worker()
        for worker in (first, second):
            await made.ready(worker)
        # Long enough that both runs last until after the blow.
        await made.ask(14.0, _TURNS)
        first_had = await _on(made, first)
        first.signal(signal.SIGSTOP)
        again = "SELECT count(*) FROM run WHERE run_no = 2"
        taken_s = await made.until("turns taken over", first_had, _LIMIT_S, again)
        first.signal(signal.SIGCONT)
        # The first one's AI calls end now, and with them its jobs.
        await asyncio.sleep(max(0.0, 17.0 - taken_s))
        second.signal(signal.SIGKILL)
        answered = await _answered(made, _TURNS)
        return {"taken_over": first_had, "unanswered_for_good": _TURNS - answered}


async def restart(name: str, database: Database) -> Figures:
    """The database crashes and starts again while turns run and are asked."""
    async with world(name, database) as made:
        workers = await _two_workers(made)
        begin = time.time()
        await asyncio.to_thread(database.crash_and_start)
        up_at = time.time()
        await made.reconnect()
        await made.ask(0.5, 50)
        answered = await _answered(made, _TURNS + 50)
        first = await made.rows(
            "SELECT min(started_at) - %s FROM run WHERE started_at > %s", up_at, up_at
        )
        last = await made.rows("SELECT max(ended_at) - %s FROM turn", up_at)
        return {
            "database_gone_s": up_at - begin,
            "first_start_after_s": first[0][0],
            "last_end_after_s": last[0][0],
            "unanswered": _TURNS + 50 - answered,
            "most_runs_of_a_turn": await made.count("SELECT max(run_no) FROM run"),
            "workers_restarted": sum(worker.figures()["restarts"] for worker in workers),
            "jobs_left": await _jobs_left(made),
        }


async def deaf(name: str, database: Database) -> Figures:
    """The connections that listen are cut: how late the next questions start."""
    async with world(name, database) as made:
        worker = made.start_worker()
        await made.ready(worker)
        await asyncio.sleep(1.0)
        cut = await made.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query ILIKE 'listen%' AND datname = current_database()"
        )
        newest = await made.count("SELECT max(id) FROM turn")
        for _ in range(30):
            await made.ask(0.0)
            await asyncio.sleep(0.2)
        await _answered(made, 31)
        late = await made.rows(
            "SELECT (started_at - entered_at) * 1000 FROM run JOIN turn ON turn.id = run.turn_id "
            "WHERE turn.id > %s ORDER BY turn.id",
            newest,
        )
        latencies = [row[0] for row in late]
        return {
            "connections_cut": len(cut),
            "worst_start_ms": max(latencies),
            "last_start_ms": max(latencies[-5:]),
            "unanswered": 30 - len(latencies),
            "workers_restarted": worker.figures()["restarts"],
        }


async def lost_fetch(name: str, database: Database) -> Figures:
    """A fetch that the database did, and whose reply never arrived at the worker, who lives on."""
    async with world(name, database) as made:
        worker = made.start_worker()
        await made.ready(worker)
        await asyncio.sleep(1.0)
        async with made.connection.transaction():
            turn_id = (await made.ask(0.0))[0]
            await made.connection.execute(made.engine.lose.encode())
        answered = await _answered(made, 1)
        started = await made.rows(
            "SELECT started_at - entered_at FROM run JOIN turn ON turn.id = run.turn_id "
            "WHERE turn.id = %s",
            turn_id,
        )
        return {
            "unanswered_for_good": 1 - answered,
            "started_after_s": started[0][0] if started else math.nan,
        }


async def _two_workers(made: World) -> tuple[WorkerProcess, WorkerProcess]:
    """Two workers with the turns between them, all of them running."""
    first, second = made.start_worker(), made.start_worker()
    for worker in (first, second):
        await made.ready(worker)
    before = await made.count("SELECT count(*) FROM run")
    await made.ask(_AI_S, _TURNS)
    await made.until_running(before + _TURNS)
    return first, second


async def _on(made: World, worker: WorkerProcess) -> int:
    return await made.count(
        "SELECT count(*) FROM run JOIN turn ON turn.id = run.turn_id "
        "WHERE pid = %s AND state = 'running'",
        worker.pid,
    )


async def _answered(made: World, wanted: int) -> int:
    """How many of the newest turns are answered in the end, or when the time is over."""
    state = f"""
        SELECT count(*) FROM (SELECT state FROM turn ORDER BY id DESC LIMIT {wanted}) AS newest
        WHERE state = 'answered'
    """  # noqa: S608 a number of ours
    try:
        await made.until("turns answered", wanted, _LIMIT_S, state)
    except (LateError, psycopg.OperationalError):
        return await made.count(state)
    return wanted


async def _jobs_left(made: World) -> int:
    """Jobs that are in the engine's table although every turn has ended."""
    await asyncio.sleep(1.0)
    if made.name == "bare":
        return await made.count("SELECT count(*) FROM turn WHERE is_due")
    return (await made.left_over())[made.engine.tables[0]]
