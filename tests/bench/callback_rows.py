"""The callback: what a cheap reply costs, beside the same work with less around it."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import children
from bench.machine import cpu_s
from bench.report import Judge, Row
from bench.stats import median, spread

_CONNECTIONS, _SPAN_S, _REPEATS = 64, 2.5, 5


def per_cpu_s(pid: int, port: int, kind: str, span_s: float = _SPAN_S) -> tuple[float, float]:
    """Replies for each second of the server's processor time, and for each second."""
    with children.part("post_load", port, kind, _CONNECTIONS, span_s) as load:
        load.hear()
        before_s = cpu_s(pid)
        load.tell()
        result = load.hear()
        used_s = cpu_s(pid) - before_s
    if result["bad"] or not result["replies"]:
        raise RuntimeError(f"{result['bad']} of {result['replies']} replies were refused")
    return result["replies"] / used_s, result["replies"] / result["took_s"]


@contextmanager
def _gateway_port() -> Iterator[tuple[int, int]]:
    with tempfile.TemporaryDirectory() as name, children.gateway(Path(name)) as server:
        yield server.pid, server.port


@contextmanager
def _limit_port(module: str) -> Iterator[tuple[int, int]]:
    port = children.free_port()
    with children.part(module, port, is_measured=True) as limit:
        children.wait_until_open(port, time.monotonic())
        yield limit.pid, port


def text(details: dict[str, object]) -> list[Row]:
    """The cheapest reply, in turns with the limits, so that noise meets all alike."""
    with ExitStack() as stack:
        servers = {
            "ours": stack.enter_context(_gateway_port()),
            "raw ASGI": stack.enter_context(_limit_port("limit_asgi")),
            "bare protocol": stack.enter_context(_limit_port("limit_protocol")),
        }
        rates: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(_REPEATS):
            for name, (pid, port) in servers.items():
                rates[name].append(per_cpu_s(pid, port, "help")[0])
    details["text"] = rates
    return [
        _row(rates, "raw ASGI", bar=0.6),
        _row(rates, "bare protocol", bar=None),
    ]


def _row(rates: dict[str, list[float]], limit: str, bar: float | None) -> Row:
    return Row(
        name="text",
        what="cheapest text reply, per second of processor",
        ours=median(rates["ours"]),
        unit="/s",
        limit=median(rates[limit]),
        limit_name=limit,
        judge=Judge.NONE if bar is None else Judge.AT_LEAST,
        bar=bar or 0.0,
        bar_is_ratio=True,
        spread=max(map(spread, rates.values())),
    )


def start(details: dict[str, object]) -> list[Row]:
    """From exec to the first handshake, on fresh data and on what the last run left."""
    fresh_s: list[float] = []
    existing_s: list[float] = []
    limit_s: list[float] = []
    for _ in range(_REPEATS):
        with tempfile.TemporaryDirectory() as name:
            for spans_s in (fresh_s, existing_s):
                with children.gateway(Path(name)) as server:
                    spans_s.append(server.ready_after_s)
        port, began_s = children.free_port(), time.monotonic()
        with children.part("limit_asgi", port, is_measured=True):
            limit_s.append(children.wait_until_open(port, began_s))
    details["start"] = {"fresh_s": fresh_s, "existing_s": existing_s, "limit_s": limit_s}
    return [
        Row(
            name="start",
            what=f"exec to handshake, {what} data",
            ours=median(spans_s),
            unit="s",
            limit=median(limit_s),
            limit_name="raw ASGI",
            judge=Judge.AT_MOST,
            bar=1.0,
            spread=spread(spans_s),
        )
        for what, spans_s in (("fresh", fresh_s), ("existing", existing_s))
    ]
