"""Turns that are durable at every step: over HTTP, straight through the engine, plain sqlite3."""

import tempfile
from pathlib import Path

from bench import children
from bench.callback_rows import per_cpu_s
from bench.report import Judge, Row
from bench.stats import median, spread

_CONCURRENCY, _SPAN_S, _REPEATS = 64, 3.0, 5


def _direct(kind: str) -> float:
    with (
        tempfile.TemporaryDirectory() as name,
        children.part(
            "engine_turns", kind, name, _CONCURRENCY, _SPAN_S, is_measured=True
        ) as measured,
    ):
        return float(measured.hear()["per_cpu_s"])


def _over_http() -> float:
    with tempfile.TemporaryDirectory() as name, children.gateway(Path(name)) as server:
        return per_cpu_s(server.pid, server.port, "ask", _SPAN_S)[0]


def turns(details: dict[str, object]) -> list[Row]:
    """All three in turns; the echo provider answers at once."""
    rates: dict[str, list[float]] = {"http": [], "engine": [], "sqlite3": []}
    for _ in range(_REPEATS):
        rates["http"].append(_over_http())
        rates["engine"].append(_direct("engine"))
        rates["sqlite3"].append(_direct("sqlite3"))
    details["turns"] = rates
    return [
        Row(
            name="turns",
            what=f"durable turns {what}, per second of processor",
            ours=median(rates[kind]),
            unit="/s",
            limit=median(rates["sqlite3"]),
            limit_name="plain sqlite3",
            judge=Judge.AT_LEAST,
            bar=2000,
            spread=spread(rates[kind]),
        )
        for kind, what in (("http", "over HTTP"), ("engine", "through the engine"))
    ]
