"""The load line's rows where an account may push: what came by itself, how often, and intact.

Pure. Bars are the design's, and those of the other variants.
"""

from collections.abc import Mapping
from typing import Any

from bench.report import Judge, Row


def push_rows(name: str, seen: Mapping[str, Any], seen_bar: float | None) -> list[Row]:
    """The rows of one variant; with a bar for what is seen, nothing fails in it."""
    calls = seen["ai_calls_without_fault"] / max(1, seen["questions_without_fault"])
    whole_bar = None if seen_bar is None else 100.0
    doubled = seen["doubled_chars"] - seen["in_doubt_chars"]
    in_time = "see the answer or a first part within 15 s, doing nothing"
    bar = None if seen_bar is None else 100 * seen_bar
    return [
        _least(name, in_time, 100 * seen["seen_by_itself"], bar),
        _least(name, "the whole answer, doing nothing", 100 * seen["whole_by_itself"], whole_bar),
        _least(name, "the whole answer in the end", 100 * seen["whole"], 100.0),
        _most(name, "messages per answer, median", seen["messages_p50"]),
        _most(name, "messages per answer, most", seen["messages_max"]),
        _most(name, "characters missing in the end", seen["missing_chars"], bar=0),
        _most(name, "characters shown twice, but for parts in doubt", doubled, bar=0),
        _most(name, "characters of parts in doubt, shown twice", seen["in_doubt_chars"]),
        _most(name, "AI calls per question that meets no fault", calls, bar=1.0),
        _most(name, "platform failure lines", seen["failure_lines"], bar=0),
        _most(name, "processor time per question", seen["cpu_ms_per_question"], "ms"),
    ]


def _least(name: str, what: str, ours: float, bar: float | None) -> Row:
    judge = Judge.NONE if bar is None else Judge.AT_LEAST
    return Row(name=name, what=what, ours=ours, unit="%", judge=judge, bar=bar or 0.0)


def _most(name: str, what: str, ours: float, unit: str = "", bar: float | None = None) -> Row:
    judge = Judge.NONE if bar is None else Judge.AT_MOST
    return Row(name=name, what=what, ours=ours, unit=unit, judge=judge, bar=bar or 0.0)
