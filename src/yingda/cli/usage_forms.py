"""The forms that sums are printed in: a table for people, JSON and CSV for programs.

Names of columns in JSON and CSV are stable. Knows no database.
"""

import csv
import datetime as dt
import io
from collections.abc import Sequence

import msgspec

from yingda.cli.columns import aligned
from yingda.cli.usage_texts import HEADINGS, say
from yingda.engine.accounts.pricing import amount
from yingda.store.cost_base import Usage, UsageKey
from yingda.texts import Language

#: Names of what is counted, as JSON, CSV and the table have them.
_COUNTS = (
    "turns",
    "failed",
    "cancelled",
    "prompt_tokens",
    "cached_prompt_tokens",
    "completion_tokens",
)
_TIMES = ("first_text_p50_s", "first_text_p95_s", "answer_p50_s", "answer_p95_s")
#: Columns that people do without.
_NOT_SHOWN = frozenset({"cached_prompt_tokens"})


def as_json(
    by: UsageKey, sums: Sequence[Usage], days: Sequence[dt.date], *, shows_openids: bool
) -> str:
    """One object on one line; prices are decimal numbers as text."""
    rows = [
        {
            **_named(by, each, days, shows_openids=shows_openids),
            **{key: getattr(each, key) for key in _COUNTS},
            "prices": _prices(each),
            **{key: _rounded(getattr(each, key)) for key in _TIMES},
        }
        for each in sums
    ]
    report = {"by": by, "since": days[0], "until": days[-1], "rows": rows}
    return msgspec.json.encode(report).decode() + "\n"


def as_csv(
    by: UsageKey, sums: Sequence[Usage], days: Sequence[dt.date], *, shows_openids: bool
) -> str:
    """A row for each sum, and one more for each further currency that it has a price in."""
    out = io.StringIO()
    names = list(_names(by, shows_openids=shows_openids))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*names, *_COUNTS, *_TIMES, "price", "currency"])
    for each in sums:
        named = _named(by, each, days, shows_openids=shows_openids).values()
        counts = [getattr(each, key) for key in _COUNTS]
        times = [_rounded(getattr(each, key)) for key in _TIMES]
        own = [*named, *counts, *times]
        # A second price counts nothing twice.
        rest = [*named, *[""] * (len(counts) + len(times))]
        for number, (currency, price) in enumerate((_prices(each) or {"": ""}).items()):
            writer.writerow([*(rest if number else own), price, currency])
    return out.getvalue()


def as_table(
    by: UsageKey,
    sums: Sequence[Usage],
    days: Sequence[dt.date],
    language: Language,
    *,
    shows_openids: bool,
) -> str:
    """What a person reads: the days, a line for each sum, and their total."""
    title = say(language, "title", since=str(days[0]), until=str(days[-1]))
    if not sums:
        return f"{title}\n{say(language, 'nothing')}\n"
    counts = [key for key in _COUNTS if key not in _NOT_SHOWN]
    names = list(_names(by, shows_openids=shows_openids))
    keys = (*names, *counts, "price", "first_text_s", "answer_s")
    lines = [[HEADINGS[key].within(language) for key in keys]]
    for each in sums:
        named = _named(by, each, days, shows_openids=shows_openids).values()
        lines.append([*named, *_cells(each, counts), *_pairs(each)])
    if len(sums) > 1:
        total = say(language, "total")
        lines.append([total, *[""] * (len(names) - 1), *_cells(_total(sums), counts), "", ""])
    return f"{title}\n{aligned(lines, left=len(names))}{say(language, 'times')}\n"


def _names(by: UsageKey, *, shows_openids: bool) -> Sequence[str]:
    if by is not UsageKey.FOLLOWER:
        return (by.value,)
    return ("account", "follower", "openid") if shows_openids else ("account", "follower")


def _named(
    by: UsageKey, each: Usage, days: Sequence[dt.date], *, shows_openids: bool
) -> dict[str, str]:
    match by:
        case UsageKey.DAY:
            return {"day": days[each.number].isoformat()}
        case UsageKey.FOLLOWER:
            named = {"account": each.name, "follower": each.pseudonym}
            return {**named, "openid": each.openid} if shows_openids else named
        case _:
            return {by.value: each.name}


def _prices(each: Usage) -> dict[str, str]:
    return {currency: amount(price) for currency, price in sorted(each.prices_nano.items())}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _total(sums: Sequence[Usage]) -> Usage:
    prices: dict[str, int] = {}
    for each in sums:
        for currency, price in each.prices_nano.items():
            prices[currency] = prices.get(currency, 0) + price
    counts = {key: sum(getattr(each, key) for each in sums) for key in _COUNTS}
    return Usage(number=0, name="", prices_nano=prices, **counts)


def _cells(each: Usage, counts: Sequence[str]) -> list[str]:
    prices = " + ".join(f"{price} {currency}" for currency, price in _prices(each).items())
    return [*(f"{getattr(each, key):,}" for key in counts), prices or "–"]


def _pairs(each: Usage) -> list[str]:
    first = (each.first_text_p50_s, each.first_text_p95_s)
    whole = (each.answer_p50_s, each.answer_p95_s)
    return [
        " / ".join("–" if seconds is None else f"{seconds:.1f}" for seconds in pair)
        for pair in (first, whole)
    ]
