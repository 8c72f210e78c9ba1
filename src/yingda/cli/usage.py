"""`yingda usage`: what was asked and answered, how fast, and what it cost.

Reads the database beside a running server. Shows no message, and followers by their pseudonyms.
"""

import datetime as dt
from collections.abc import Sequence
from typing import TextIO
from zoneinfo import ZoneInfo

import msgspec

from yingda.cli.usage_forms import as_csv, as_json, as_table
from yingda.cli.usage_texts import say
from yingda.clock import Clock
from yingda.config import AccountSettings, Settings
from yingda.databases import look_at
from yingda.store.cost_base import Span, Usage, UsageKey
from yingda.texts import Language

#: Exit status: done; the question cannot be answered (BSD's sysexits: EX_CONFIG).
DONE, MISCONFIGURED = 0, 78
#: Days that can be told one by one. Our choice: a year and a month; each is a range of its own.
DAYS_LIMIT = 400
#: The last day that can be told: the one behind it tells where it ends. Limit of Python's dates.
_LAST_DAY = dt.date.max - dt.timedelta(days=1)


class UsageErrand(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the command line; days as they were written."""

    by: UsageKey = UsageKey.DAY
    since: str | None = None
    until: str | None = None
    account: str | None = None
    form: str = "table"
    shows_openids: bool = False


class _Refused(ValueError):
    """The errand cannot be done; holds what is said of it."""


def run_usage(
    settings: Settings, errand: UsageErrand, screen: TextIO, language: Language, clock: Clock
) -> int:
    """Print the sums, and return the exit status. Raises StoreError for a damaged database."""
    try:
        accounts = _accounts(settings, errand, language)
        days = _days(accounts, errand, clock.now(), language)
        sums = _sums(settings, errand.by, _spans(accounts, days, errand.by), language)
    except _Refused as refused:
        screen.write(f"{refused}\n")
        return MISCONFIGURED
    if errand.form == "json":
        screen.write(as_json(errand.by, sums, days, shows_openids=errand.shows_openids))
    elif errand.form == "csv":
        screen.write(as_csv(errand.by, sums, days, shows_openids=errand.shows_openids))
    else:
        shown = as_table(errand.by, sums, days, language, shows_openids=errand.shows_openids)
        screen.write(shown)
    return DONE


def _accounts(
    settings: Settings, errand: UsageErrand, language: Language
) -> Sequence[AccountSettings]:
    fitting = [each for each in settings.accounts if errand.account in {None, each.name}]
    if not fitting:
        known = ", ".join(each.name for each in settings.accounts)
        raise _Refused(say(language, "no_account", known=known))
    return fitting


def _days(
    accounts: Sequence[AccountSettings], errand: UsageErrand, now: float, language: Language
) -> Sequence[dt.date]:
    """The first and every further day that is asked for; this month's, up to today, by default.

    Only the first and the last one where they are not told one by one.
    """
    zones = [ZoneInfo(each.time_zone) for each in accounts]
    today = max(dt.datetime.fromtimestamp(now, zone).date() for zone in zones)
    until = min(_day(errand.until, "--until", language) or today, _LAST_DAY)
    since = _day(errand.since, "--since", language) or until.replace(day=1)
    if since > until:
        raise _Refused(say(language, "no_days", since=str(since), until=str(until)))
    if errand.by is not UsageKey.DAY:
        return [since, until]
    count = (until - since).days + 1
    if count > DAYS_LIMIT:
        raise _Refused(say(language, "too_many_days", most=str(DAYS_LIMIT)))
    return [since + dt.timedelta(days=number) for number in range(count)]


def _day(written: str | None, option: str, language: Language) -> dt.date | None:
    if written is None:
        return None
    try:
        return dt.datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        raise _Refused(say(language, "no_date", option=option)) from None


def _spans(
    accounts: Sequence[AccountSettings], days: Sequence[dt.date], by: UsageKey
) -> Sequence[Span]:
    """The days one by one where they are told so, else all of them as one, in each account's zone.

    The day behind the last one is none of them, but tells where it ends.
    """
    edges = [*days, days[-1] + dt.timedelta(days=1)]
    if by is not UsageKey.DAY:
        edges = [edges[0], edges[-1]]
    return [
        Span(
            number=number,
            account=account.name,
            since=_midnight(edges[number], account),
            until=_midnight(edges[number + 1], account),
        )
        for account in accounts
        for number in range(len(edges) - 1)
    ]


def _midnight(day: dt.date, account: AccountSettings) -> float:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(account.time_zone)).timestamp()


def _sums(
    settings: Settings, by: UsageKey, spans: Sequence[Span], language: Language
) -> Sequence[Usage]:
    """Days as they come; of followers, those first who used most."""
    with look_at(settings) as seen:
        if seen is None:
            raise _Refused(say(language, "no_database", path=settings.database_name))
        sums = seen.usage(by, spans)
    if by is not UsageKey.FOLLOWER:
        return sums
    return sorted(sums, key=lambda each: (-max(each.prices_nano.values(), default=0), -each.turns))
