"""The rows of many processes: turns, starts, fetches, replies from elsewhere, and what is stored.

Each function measures one thing once on a server of its own, and returns its rows; what belongs to
none of them goes into the details. Bars are the design's.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from bench.children import part
from bench.jobs.postgres import Database
from bench.many.loader import Order
from bench.many.place import Place, place
from bench.report import Judge, Row
from bench.stats import median, percentile, spread

Details = dict[str, object]

#: The provider of what is asked over HTTP: the model server here speaks its API.
_MODEL = "openai"
_WORKERS = (1, 2, 4)
_BACKLOG, _REPEATS = 3000, 2
_STEADY_PER_S, _STEADY_S = 50.0, 15.0
_IDLE_PER_S, _IDLE_COUNT = 8.0, 200
_HELD, _HELD_WORKERS = 5000, 2
_JOINED, _JOINED_PER_S = 400, 20.0
_SHARE_CONNECTIONS, _SHARE_S = 32, 15.0
#: Fewer than these are the server's own, whatever is asked.
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
_WAL = "SELECT wal_bytes FROM pg_stat_wal"
_COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
_SIZE = """
    SELECT sum(pg_total_relation_size(oid)) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'pgqueuer%'
"""
_RUNNING = "SELECT count(*) FROM turn WHERE state = 'running'"


def turns(server: Database, details: Details) -> list[Row]:
    """A backlog of questions to the echo provider, by one worker and more, in turns."""
    seen: dict[int, list[dict[str, float]]] = {count: [] for count in _WORKERS}
    for _ in range(_REPEATS):
        for count in _WORKERS:
            seen[count].append(_backlog(server, count))
    details["turns"] = seen
    return [row for count in _WORKERS for row in _turn_rows(count, seen[count])]


def _backlog(server: Database, workers: int) -> dict[str, float]:
    with place(server) as here:
        here.start_workers(workers)
        # Each worker's statements are prepared by then, and its modules imported.
        here.load(Order(name="warm", count=100 * workers))
        here.until_ended(100 * workers)
        for worker in here.workers:
            here.figures(worker)
        before, wal = here.use(), here.number(_WAL)
        here.load(Order(name="much", count=_BACKLOG))
        began_s = time.monotonic()
        here.until_ended(_BACKLOG + 100 * workers)
        per_s = _BACKLOG / (time.monotonic() - began_s)
        used = here.use().since(before, _BACKLOG)
        counted = [here.figures(worker) for worker in here.workers]
        return {
            "per_s": per_s,
            "per_worker_cpu_s": 1000 / used.workers_s,
            "worker_ms": used.workers_s,
            "server_ms": used.server_s,
            "trips": sum(each["trips"] for each in counted) / _BACKLOG,
            "statements": sum(each["statements"] for each in counted) / _BACKLOG,
            "wal_bytes": (here.number(_WAL) - wal) / _BACKLOG,
        }


def _turn_rows(workers: int, seen: Sequence[Mapping[str, float]]) -> list[Row]:
    name = f"turns, {workers} worker" + "s" * (workers > 1)

    def row(what: str, key: str, unit: str, bar: float | None = None) -> Row:
        values = [each[key] for each in seen]
        judge = Judge.NONE if bar is None else Judge.AT_LEAST
        return Row(
            name=name,
            what=what,
            ours=median(values),
            unit=unit,
            judge=judge,
            bar=bar or 0.0,
            spread=spread(values),
        )

    return [
        row("turns of a backlog", "per_s", "/s", 500 if workers == 1 else None),
        row("the same, per second of the workers' processor", "per_worker_cpu_s", "/s", 500),
        row("processor time of a turn, workers", "worker_ms", "ms"),
        row("processor time of a turn, PostgreSQL", "server_ms", "ms"),
        row("trips to PostgreSQL for a turn", "trips", ""),
        row("statements for a turn", "statements", ""),
    ]


def starts(server: Database, details: Details) -> list[Row]:
    """From a durable question to the model server being asked, with nothing else, and with some."""
    with place(server, _MODEL) as here:
        model = here.ai
        here.start_workers(1)
        here.load(Order(name="warm", count=50, per_s=_IDLE_PER_S))
        here.until_ended(50)
        idle = _started_ms(here, Order(name="idle", count=_IDLE_COUNT, per_s=_IDLE_PER_S))
        before = here.use()
        count = int(_STEADY_PER_S * _STEADY_S)
        steady = _started_ms(here, Order(name="some", count=count, per_s=_STEADY_PER_S))
        used = here.use().since(before, count)
        details["starts"] = {"idle_ms": idle, "steady_ms": steady}
        model.tell("figures")
        again = model.hear()["again"]
    return [
        *_latency_rows("start, nothing else runs", "question to provider", idle),
        *_latency_rows(f"start, {_STEADY_PER_S:.0f}/s", "question to provider", steady),
        _row("start", "questions asked twice", again, bar=0),
        _row("start", "processor time of a question, worker", used.workers_s, "ms"),
    ]


def held(server: Database, details: Details) -> list[Row]:
    """How questions start beside thousands that run, and what fetching takes then."""
    with place(server, _MODEL) as here:
        model = here.ai
        here.start_workers(_HELD_WORKERS, concurrency=_HELD // _HELD_WORKERS + 1000)
        here.load(Order(name="held", count=_HELD, span="inf"))
        began_s = time.monotonic()
        here.until("thousands run", _RUNNING, _HELD)
        per_s = _HELD / (time.monotonic() - began_s)
        for worker in here.workers:
            here.figures(worker)
        before = here.use()
        count = int(_STEADY_PER_S * _STEADY_S)
        late = _started_ms(here, Order(name="late", count=count, per_s=_STEADY_PER_S))
        used = here.use().since(before, count)
        fetch_ms = [
            took_ms for worker in here.workers for took_ms in here.figures(worker)["fetch_ms"]
        ]
        model.tell("release")
        here.until_ended(_HELD + count)
        details["held"] = {"started_ms": late, "fetch_ms": fetch_ms}
    name = f"{_HELD} running"
    return [
        _row(name, "starts of a backlog until they run", per_s, "/s"),
        *_latency_rows(name, "question to provider", late),
        _row(name, "fetch, p50", percentile(fetch_ms, 0.5), "ms", bar=3),
        # No bar: what else runs on the machine decides it.
        _row(name, "fetch, p99", percentile(fetch_ms, 0.99), "ms"),
        _row(name, "processor time of a question, workers", used.workers_s, "ms"),
        _row(name, "processor time of a question, PostgreSQL", used.server_s, "ms"),
    ]


def _started_ms(here: Place, order: Order) -> list[float]:
    """Milliseconds from each question's being durable to the model server's being asked."""
    ended = here.number("SELECT count(*) FROM turn WHERE state = 'answered'")
    here.ai.tell("figures")
    here.ai.hear()
    entered_s = here.load(order)
    here.until_ended(int(ended) + order.count)
    here.ai.tell("figures")
    asked_s: dict[str, float] = here.ai.hear()["asked_s"]
    return [1000 * (asked_s[key] - at_s) for key, at_s in entered_s.items()]


def join(server: Database, details: Details) -> list[Row]:
    """Attempts that wait in two web processes while a worker runs their question."""
    with place(server, _MODEL) as here:
        model = here.ai
        ports = (here.start_web(), here.start_web())
        here.start_workers(1)
        with part("many.asker", *ports, _JOINED, _JOINED_PER_S) as asker:
            asker.hear()
            asker.tell()
            replied_s: dict[str, list[float]] = asker.hear()
        model.tell("figures")
        ended_s: dict[str, float] = model.hear()["ended_s"]
    lags = [1000 * (at_s - ended_s[key]) for key, times in replied_s.items() for at_s in times]
    details["join"] = {"lag_ms": lags}
    missing = 2 * _JOINED - len(lags)
    return [
        _row("join", "AI's end to the reply elsewhere, p50", percentile(lags, 0.5), "ms"),
        _row("join", "AI's end to the reply elsewhere, p99", percentile(lags, 0.99), "ms", bar=50),
        _row("join", "attempts without the answer", missing, bar=0),
    ]


def question(server: Database, details: Details) -> list[Row]:
    """What a question costs all in: one web process, one worker, PostgreSQL; and what it leaves."""
    with place(server, _MODEL) as here:
        port = (here.ai, here.start_web())[1]
        here.start_workers(1)
        with part("post_load", port, "ask", _SHARE_CONNECTIONS, 3.0) as load:
            _replies(load)
        for process in (*here.web, *here.workers):
            here.figures(process)
        before, marks = here.use(), _marks(here)
        with part("post_load", port, "ask", _SHARE_CONNECTIONS, _SHARE_S) as load:
            result = _replies(load)
            connections = here.number(_CONNECTIONS)
        count = result["replies"]
        used = here.use().since(before, count)
        after = _marks(here)
        counted = [here.figures(process) for process in (*here.web, *here.workers)]
    details["share"] = {"result": result, "counted": counted}
    per = {key: (after[key] - marks[key]) / count for key in marks}
    trips, statements = ([each[key] / count for each in counted] for key in ("trips", "statements"))
    return [
        _row("question", "questions over HTTP", count / result["took_s"], "/s"),
        _row("question", "processor time, web", used.web_s, "ms"),
        _row("question", "processor time, worker", used.workers_s, "ms"),
        _row("question", "processor time, PostgreSQL", used.server_s, "ms"),
        _row("question", "trips to PostgreSQL, web", trips[0]),
        _row("question", "trips to PostgreSQL, worker", trips[1]),
        _row("question", "statements, web", statements[0]),
        _row("question", "statements, worker", statements[1]),
        _row("question", "transactions", per["commits"]),
        _row("question", "write-ahead log", per["wal"] / 1024, "KB"),
        _row("question", "tables and indexes", per["size"] / 1024, "KB"),
        _row("question", "connections of both processes", connections),
    ]


def _replies(load: Any) -> dict[str, Any]:
    load.hear()
    load.tell()
    result: dict[str, Any] = load.hear()
    if result["bad"] or not result["replies"]:
        raise RuntimeError(f"{result['bad']} of {result['replies']} replies were refused")
    return result


def _marks(here: Place) -> dict[str, float]:
    return {
        "wal": here.number(_WAL),
        "commits": here.number(_COMMITS),
        "size": here.number(_SIZE),
    }


def _latency_rows(name: str, what: str, values_ms: Sequence[float]) -> list[Row]:
    return [
        _row(name, f"{what}, p50", percentile(values_ms, 0.5), "ms"),
        _row(name, f"{what}, p99", percentile(values_ms, 0.99), "ms"),
    ]


def _row(name: str, what: str, ours: float, unit: str = "", bar: float | None = None) -> Row:
    judge = Judge.NONE if bar is None else Judge.AT_MOST
    return Row(name=name, what=what, ours=ours, unit=unit, judge=judge, bar=bar or 0.0)
