"""The load line: many followers over real sockets in real time, and what it costs."""

import tempfile
from pathlib import Path
from typing import Any

from bench.children import gateway, part
from bench.machine import cpu_s, rss_kb
from bench.report import Judge, Row

FOLLOWERS, QUESTIONS, MEDIAN_S = 60, 3, 6.0
_FAULT_SHARE = 0.1


def line(
    patience: str,
    fault_share: float = 0.0,
    *,
    followers: int = FOLLOWERS,
    questions: int = QUESTIONS,
    median_s: float = MEDIAN_S,
) -> dict[str, Any]:
    """Run it once; what the followers saw, and what the gateway used per question."""
    with (
        tempfile.TemporaryDirectory() as name,
        part("world", followers, questions, fault_share, median_s) as world,
    ):
        dify = world.hear()
        variables = {
            "YINGDA_PROVIDER": "dify",
            "YINGDA_DIFY_API_KEY": dify["key"],
            "YINGDA_DIFY_BASE_URL": dify["dify"],
            "YINGDA_PATIENCE": patience,
        }
        with gateway(Path(name), variables) as server:
            cpu_before_s, rss_before_kb = cpu_s(server.pid), rss_kb(server.pid)
            world.tell(str(server.port))
            result: dict[str, Any] = world.hear()
            count = max(1, result["questions"])
            result["cpu_ms_per_question"] = 1000 * (cpu_s(server.pid) - cpu_before_s) / count
            result["rss_kb_per_question"] = (rss_kb(server.pid) - rss_before_kb) / count
            return result


def load(details: dict[str, object]) -> list[Row]:
    """Both patiences, with and without faults."""
    rows: list[Row] = []
    for patience, name in (("unlimited", "unlimited"), ("20", "default")):
        seen = details[f"load {name}"] = line(patience)
        rows += _rows(f"load {name}", seen, 0.99 if name == "unlimited" else 0.85)
        if name == "unlimited":
            rows += _costs(seen)
        else:
            rows.append(
                _row(
                    "load default", "deliberate time-outs in 5 min", seen["timeouts_5_min"], bar=20
                )
            )
        faulty = details[f"load {name}, faults"] = line(patience, _FAULT_SHARE)
        rows += _rows(f"load {name}, faults", faulty, None)
    return rows


def _rows(name: str, seen: dict[str, Any], seen_bar: float | None) -> list[Row]:
    calls = seen["ai_calls_without_fault"] / max(1, seen["questions_without_fault"])
    seen_row = Row(
        name=name,
        what="see the answer or a first part within 15 s, doing nothing",
        ours=100 * seen["seen_by_itself"],
        unit="%",
        judge=Judge.NONE if seen_bar is None else Judge.AT_LEAST,
        bar=100 * (seen_bar or 0.0),
    )
    pickup = Row(
        name=name,
        what="the same, or with one pickup",
        ours=100 * seen["seen_with_one_pickup"],
        unit="%",
        judge=Judge.AT_LEAST,
        bar=100,
    )
    return [
        seen_row,
        pickup,
        _row(name, "AI calls per question that meets no fault", calls, bar=1.0),
        _row(name, "platform failure lines", seen["failure_lines"], bar=0),
    ]


def _costs(seen: dict[str, Any]) -> list[Row]:
    lag_50, lag_99 = 1000 * seen["lag_p50_s"], 1000 * seen["lag_p99_s"]
    return [
        _row("delay", "AI's last event to the reply, p50", lag_50, "ms", bar=5),
        _row("delay", "AI's last event to the reply, p99", lag_99, "ms", bar=30),
        _row("cpu", "per question of 200 events", seen["cpu_ms_per_question"], "ms", bar=6),
        _row("memory", "per question asked", seen["rss_kb_per_question"], "KB"),
    ]


def _row(name: str, what: str, ours: float, unit: str = "", bar: float | None = None) -> Row:
    judge = Judge.NONE if bar is None else Judge.AT_MOST
    return Row(name=name, what=what, ours=ours, unit=unit, judge=judge, bar=bar or 0.0)
