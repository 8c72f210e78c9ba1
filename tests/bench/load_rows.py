"""The load line: many followers over real sockets in real time, and what it costs."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from bench.children import gateway, part
from bench.followers import Way
from bench.machine import cpu_s, loop_cpu_s, rss_kb
from bench.push_rows import push_rows
from bench.report import Judge, Row

FOLLOWERS, QUESTIONS, MEDIAN_S = 60, 3, 6.0
_FAULT_SHARE = 0.1
#: How long the idle process is watched before the load.
_IDLE_S = 3.0


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One way to run the load line."""

    name: str
    #: Settings of the account, as environment variables.
    settings: Mapping[str, str]
    #: The least share of questions that see an answer or a first part by themselves.
    seen_bar: float | None = None
    #: The most deliberate time-outs in five minutes.
    timeouts_bar: float | None = None
    fault_share: float = 0.0
    #: The account may send service messages.
    pushes: bool = False
    #: The costs are told for one variant only.
    tells_costs: bool = False


_UNLIMITED, _DEFAULT = {"YINGDA_PATIENCE": "unlimited"}, {"YINGDA_PATIENCE": "20"}
#: Bars of the design. An account with other settings, such as another mode, is one more line.
VARIANTS = (
    Variant(name="load unlimited", settings=_UNLIMITED, seen_bar=0.99, tells_costs=True),
    Variant(name="load unlimited, faults", settings=_UNLIMITED, fault_share=_FAULT_SHARE),
    Variant(name="load default", settings=_DEFAULT, seen_bar=0.85, timeouts_bar=20),
    Variant(name="load default, faults", settings=_DEFAULT, fault_share=_FAULT_SHARE),
    Variant(name="load pushing", settings=_DEFAULT, seen_bar=0.99, pushes=True),
    Variant(name="load pushing, faults", settings=_DEFAULT, fault_share=_FAULT_SHARE, pushes=True),
)


def line(
    variant: Variant,
    *,
    followers: int = FOLLOWERS,
    questions: int = QUESTIONS,
    median_s: float = MEDIAN_S,
) -> dict[str, Any]:
    """Run it once; what the followers saw, and what the gateway used per question.

    The processor's time begins with the load: a start is a row of its own.
    """
    with (
        tempfile.TemporaryDirectory() as name,
        part(
            "push_world" if variant.pushes else "world",
            followers,
            questions,
            variant.fault_share,
            median_s,
        ) as world,
    ):
        variables = {**_variables(world.hear()), **variant.settings}
        with gateway(Path(name), variables) as server:
            idle_share = _idle_share(server.pid)
            before, began_s = _Use.of(server.pid), time.monotonic()
            world.tell(str(server.port))
            result: dict[str, Any] = world.hear()
            after, took_s = _Use.of(server.pid), time.monotonic() - began_s
            count = max(1, result["questions"])
            idle_ms = 1000 * idle_share * took_s / count
            return {**result, **after.since(before, count), "idle_cpu_ms_per_question": idle_ms}


def _variables(places: Mapping[str, str]) -> dict[str, str]:
    """The gateway's settings for what the world has said of itself."""
    variables = {
        "YINGDA_PROVIDER": "dify",
        "YINGDA_DIFY_API_KEY": places["key"],
        "YINGDA_DIFY_BASE_URL": places["dify"],
    }
    if "api" in places:
        variables |= {
            "YINGDA_WECHAT_APP_ID": places["app_id"],
            "YINGDA_WECHAT_APP_SECRET": places["app_secret"],
            "YINGDA_WECHAT_API_BASE": places["api"],
        }
    return variables


class _Use(msgspec.Struct, frozen=True):
    """What a process has used so far."""

    cpu_s: float
    loop_s: float
    rss_kb: float

    @classmethod
    def of(cls, pid: int) -> "_Use":
        return cls(cpu_s(pid), loop_cpu_s(pid), rss_kb(pid))

    def since(self, before: "_Use", count: int) -> dict[str, float]:
        """The use of each of `count` questions."""
        return {
            "cpu_ms_per_question": 1000 * (self.cpu_s - before.cpu_s) / count,
            "loop_cpu_ms_per_question": 1000 * (self.loop_s - before.loop_s) / count,
            "rss_kb_per_question": (self.rss_kb - before.rss_kb) / count,
        }


def _idle_share(pid: int) -> float:
    """The share of a core that the event loop uses while nobody asks."""
    before_s = loop_cpu_s(pid)
    time.sleep(_IDLE_S)
    return (loop_cpu_s(pid) - before_s) / _IDLE_S


def bare_line(
    *, followers: int = FOLLOWERS, questions: int = QUESTIONS, median_s: float = MEDIAN_S
) -> float:
    """Milliseconds of processor time that a bare reader uses for one question's events."""
    with part("world", followers, questions, 0.0, median_s) as world:
        dify = world.hear()
        place = (dify["dify"], dify["key"])
        with part("bare_line", *place, followers, questions, median_s, is_measured=True) as reader:
            return float(reader.hear()["cpu_ms_per_question"])


def load(details: dict[str, object]) -> list[Row]:
    """Both patiences and service messages, with and without faults."""
    rows: list[Row] = []
    for variant in VARIANTS:
        seen = details[variant.name] = line(variant)
        rows_of = push_rows if variant.pushes else _rows
        rows += rows_of(variant.name, seen, variant.seen_bar)
        if variant.timeouts_bar is not None:
            what, timeouts = "deliberate time-outs in 5 min", seen["timeouts_5_min"]
            rows.append(_row(variant.name, what, timeouts, bar=variant.timeouts_bar))
        if variant.tells_costs:
            bare_ms = bare_line()
            details["load, bare reader"] = {"cpu_ms_per_question": bare_ms}
            rows += _costs(seen, bare_ms)
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
        _row(name, "of them by a first part", 100 * seen["ways"][Way.PART], "%"),
        pickup,
        _row(name, "the whole answer in the end", 100 * seen["seen_whole"], "%"),
        _row(name, "AI calls per question that meets no fault", calls, bar=1.0),
        _row(name, "platform failure lines", seen["failure_lines"], bar=0),
    ]


def _costs(seen: dict[str, Any], bare_ms: float) -> list[Row]:
    lag_50, lag_99 = 1000 * seen["lag_p50_s"], 1000 * seen["lag_p99_s"]
    total = Row(
        name="cpu",
        what="per question of 200 events, beside reading them",
        ours=seen["cpu_ms_per_question"],
        unit="ms",
        limit=bare_ms,
        limit_name="bare reader",
        judge=Judge.AT_MOST,
        bar=6,
    )
    return [
        _row("delay", "AI's last event to the reply, p50", lag_50, "ms", bar=5),
        _row("delay", "AI's last event to the reply, p99", lag_99, "ms", bar=30),
        total,
        _row("cpu", "of it on the event loop", seen["loop_cpu_ms_per_question"], "ms"),
        _row("cpu", "of it used without any load", seen["idle_cpu_ms_per_question"], "ms"),
        _row("memory", "per question asked", seen["rss_kb_per_question"], "KB"),
    ]


def _row(name: str, what: str, ours: float, unit: str = "", bar: float | None = None) -> Row:
    judge = Judge.NONE if bar is None else Judge.AT_MOST
    return Row(name=name, what=what, ours=ours, unit=unit, judge=judge, bar=bar or 0.0)
