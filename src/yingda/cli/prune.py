"""`yingda prune`: removes what is older than so many months, or tells what that would be.

A server that is told how many months to keep does the same by itself, once a day. On PostgreSQL
this runs beside servers; an SQLite file belongs to one process, so the server has to be stopped.
Never migrates a database.
"""

import datetime as dt
from typing import TextIO

import msgspec

from yingda.cli.prune_texts import say
from yingda.clock import Clock
from yingda.config import Settings
from yingda.databases import look_at, open_store
from yingda.engine.chores.pruning import STEPS_AT_ONCE, PruningRound
from yingda.store.pruning_base import OldMonth, kept_since
from yingda.texts import Language

#: Exit status: done; it cannot be (BSD's sysexits: EX_CONFIG).
DONE, MISCONFIGURED = 0, 78


class PruneErrand(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    #: None is what the settings say.
    keep_months: int | None = None
    dry_run: bool = False


async def run_prune(
    settings: Settings, errand: PruneErrand, screen: TextIO, language: Language, clock: Clock
) -> int:
    """Say what goes, remove it, and return the exit status.

    Raises StoreError for a database that is damaged, held by a server, or of another version.
    """
    months = errand.keep_months or settings.keep_months
    if months is None:
        screen.write(say(language, "no_months") + "\n")
        return MISCONFIGURED
    before = kept_since(clock.now(), months)
    # A database of an older version is refused here, before it could be migrated.
    with look_at(settings) as seen:
        if seen is None:
            screen.write(say(language, "no_database", path=settings.database_name) + "\n")
            return MISCONFIGURED
        day = dt.datetime.fromtimestamp(before, dt.UTC).date()
        screen.write(say(language, "title", day=str(day), months=str(months)) + "\n")
        screen.write(_told(language, seen.old_months(before), seen.old_pushes(before)))
    if errand.dry_run:
        screen.write(say(language, "dry_run") + "\n")
        return DONE
    done = await _pruned(settings, clock, before)
    said = say(language, "done", turns=f"{done.turns:,}", pushes=f"{done.pushes:,}")
    screen.write(said + "\n")
    return DONE


def _told(language: Language, months: tuple[OldMonth, ...], pushes: int) -> str:
    lines = [
        say(
            language,
            "month",
            month=each.month,
            turns=f"{each.turns:,}",
            chars=f"{each.chars:,}",
            kept=f"{each.kept:,}",
        )
        for each in months
    ]
    if any(each.kept for each in months):
        lines.append(say(language, "stay"))
    lines = lines or [say(language, "nothing")]
    lines.append(say(language, "pushes", pushes=f"{pushes:,}"))
    return "".join(f"{line}\n" for line in lines)


async def _pruned(settings: Settings, clock: Clock, before: float) -> PruningRound:
    store = await open_store(settings)
    try:
        work = PruningRound(store, clock, before)
        while not await work.go_on(STEPS_AT_ONCE):
            pass
        await store.arrange_months(before)
    finally:
        await store.close()
    return work
