"""Held requests: ten thousand followers wait at once, and what memory one of them takes."""

import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench import children
from bench.callback_rows import per_cpu_s
from bench.machine import handle_count, raise_handle_limit, rss_kb
from bench.report import Judge, Row

_COUNT = 10_000
#: A push that is 9 s old gets a promise at the end of its window: by then all must have come.
_LIMIT_S = 9.0
_POLL_S = 0.05


def held(details: dict[str, object]) -> list[Row]:
    """The memory of a warm gateway before they ask, and while all of them wait."""
    # Their sockets, and what a process has open anyway.
    raise_handle_limit(_COUNT + 500)
    with tempfile.TemporaryDirectory() as name, children.gateway(Path(name)) as server:
        per_cpu_s(server.pid, server.port, "ask", 0.5)
        per_cpu_s(server.pid, server.port, "help", 0.5)
        before_kb = rss_kb(server.pid)
        database = Path(name) / "data" / "yingda.sqlite3"
        with children.part("hold_load", server.port, _COUNT) as load:
            load.hear()
            load.tell()
            took_s = _wait_for_all(database)
            while_held_kb, handles = rss_kb(server.pid), handle_count(server.pid)
            load.tell()
            heard = load.hear()
    details["held"] = {
        "entered_in_s": took_s,
        **heard,
        "handles": handles,
        "rss_before_kb": before_kb,
        "rss_held_kb": while_held_kb,
    }
    if heard["answered"]:
        raise RuntimeError(f"{heard['answered']} were answered before all of them waited")
    return [
        Row(
            name="held",
            what=f"{_COUNT:,} requests waiting at once, memory of each",
            ours=(while_held_kb - before_kb) / _COUNT,
            unit="KB",
            judge=Judge.AT_MOST,
            bar=40,
        ),
        Row(name="held", what="until all of them wait", ours=took_s, unit="s"),
    ]


def _wait_for_all(database: Path) -> float:
    began_s = time.monotonic()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        count = "SELECT count(*) FROM turn WHERE question = '慢 600'"
        while connection.execute(count).fetchone()[0] < _COUNT:
            if time.monotonic() > began_s + _LIMIT_S:
                raise RuntimeError("not all of them could be entered while the first still waited")
            time.sleep(_POLL_S)
    return time.monotonic() - began_s
