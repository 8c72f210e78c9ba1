"""Sums over turns that ended: how many, how much, how fast. Reads only, and no text of anybody.

A turn belongs to the day on which it ended, as its cost belongs to that month.
"""

from collections.abc import Sequence

from yingda.store.cost_base import Span, Usage, UsageKey
from yingda.store.steps import Row, Steps, fetch

#: What tells a span, a name and a follower, by which sums are told.
_KEYS = {
    UsageKey.DAY: "s.n, '', ''",
    UsageKey.ACCOUNT: "0, t.account, ''",
    UsageKey.PROVIDER: "0, coalesce(t.provider, c.provider), ''",
    UsageKey.FOLLOWER: "0, t.account, t.openid",
}
# Each span is one range of the index. Of a run during which the clock was set back, no time is
# told.
_ENDED = """
    WITH span (n, account, since_s, until_s) AS (VALUES {spans}),
    ended (n, name, openid, pseudonym, state, prompt_tokens, cached_prompt_tokens,
        completion_tokens, currency, price_nano, first_s, took_s) AS (
        SELECT {key}, c."user", t.state, t.prompt_tokens, t.cached_prompt_tokens,
            t.completion_tokens, t.currency, t.price_nano,
            CASE WHEN t.first_text_at >= t.run_started_at
                THEN t.first_text_at - t.run_started_at END,
            CASE WHEN t.ended_at >= t.run_started_at THEN t.ended_at - t.run_started_at END
        FROM span s
        JOIN turn t ON t.account = s.account AND t.ended_at >= s.since_s AND t.ended_at < s.until_s
        JOIN conversation c ON c.id = t.conversation_id
    )
"""
_SUMS = """
    SELECT n, name, openid, max(pseudonym), currency, count(*),
        count(CASE WHEN state = 'failed' THEN 1 END),
        count(CASE WHEN state = 'cancelled' THEN 1 END),
        CAST(coalesce(sum(prompt_tokens), 0) AS BIGINT),
        CAST(coalesce(sum(cached_prompt_tokens), 0) AS BIGINT),
        CAST(coalesce(sum(completion_tokens), 0) AS BIGINT), CAST(sum(price_nano) AS BIGINT)
    FROM ended GROUP BY n, name, openid, currency ORDER BY n, name, openid
"""
# The nearest rank: so many of a hundred took no longer.
_TIMES = """
    SELECT n, name, openid,
        max(CASE WHEN first_rank = (50 * firsts + 99) / 100 THEN first_s END),
        max(CASE WHEN first_rank = (95 * firsts + 99) / 100 THEN first_s END),
        max(CASE WHEN took_rank = (50 * tooks + 99) / 100 THEN took_s END),
        max(CASE WHEN took_rank = (95 * tooks + 99) / 100 THEN took_s END)
    FROM (
        SELECT n, name, openid, first_s, took_s,
            count(first_s) OVER (PARTITION BY n, name, openid) AS firsts,
            count(took_s) OVER (PARTITION BY n, name, openid) AS tooks,
            row_number() OVER (PARTITION BY n, name, openid ORDER BY first_s NULLS LAST)
                AS first_rank,
            row_number() OVER (PARTITION BY n, name, openid ORDER BY took_s NULLS LAST)
                AS took_rank
        FROM ended WHERE state = 'answered'
    ) ranked
    GROUP BY n, name, openid
"""


def usage(by: UsageKey, spans: Sequence[Span]) -> Steps[tuple[Usage, ...]]:
    """The sums of every key that has any turn in these spans, which may not overlap.

    Prices are those of turns; what a provider cost that was asked in vain and in another currency
    stands in the month's spending alone.
    """
    if not spans:
        return ()
    ended, values = _ended(by, spans)
    sums = yield from fetch(ended + _SUMS, **values)
    times = yield from fetch(ended + _TIMES, **values)
    times_of = {tuple(row[:3]): row[3:] for row in times}
    rows_of: dict[tuple[object, ...], list[Row]] = {}
    for row in sums:
        rows_of.setdefault(tuple(row[:3]), []).append(row)
    nothing = (None, None, None, None)
    return tuple(_summed(rows, times_of.get(key, nothing)) for key, rows in rows_of.items())


def _ended(by: UsageKey, spans: Sequence[Span]) -> tuple[str, dict[str, object]]:
    # Numbers are written out: a year of days would have more placeholders than a statement may.
    names = {span.account: f"account_{n}" for n, span in enumerate(spans)}
    written = ", ".join(
        f"({span.number:d}, :{names[span.account]}, {span.since!r}, {span.until!r})"
        for span in spans
    )
    sql = _ENDED.format(spans=written, key=_KEYS[by])
    return sql, {placeholder: name for name, placeholder in names.items()}


def _summed(rows: Sequence[Row], times: Sequence[float | None]) -> Usage:
    number, name, openid = rows[0][:3]
    first_text_p50_s, first_text_p95_s, answer_p50_s, answer_p95_s = times
    return Usage(
        number=number,
        name=name,
        openid=openid,
        pseudonym=max(row[3] for row in rows) if openid else "",
        turns=sum(row[5] for row in rows),
        failed=sum(row[6] for row in rows),
        cancelled=sum(row[7] for row in rows),
        prompt_tokens=sum(row[8] for row in rows),
        cached_prompt_tokens=sum(row[9] for row in rows),
        completion_tokens=sum(row[10] for row in rows),
        prices_nano={row[4]: row[11] for row in rows if row[11] is not None},
        first_text_p50_s=first_text_p50_s,
        first_text_p95_s=first_text_p95_s,
        answer_p50_s=answer_p50_s,
        answer_p95_s=answer_p95_s,
    )
