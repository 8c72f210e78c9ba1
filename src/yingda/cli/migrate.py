"""`yingda migrate`: moves all data from SQLite to PostgreSQL, or back, and compares both.

Shows no password and no row. Knows how far it is from the store's own telling.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TextIO

import typer

from yingda.cli.columns import aligned
from yingda.cli.migrate_texts import HEADINGS, say
from yingda.clock import Clock
from yingda.config.fields_database import shown_database, sqlite_path
from yingda.store import moving_postgres, moving_sqlite
from yingda.store.moving import move
from yingda.store.moving_base import Moved, NotMoved, Progress, Reason, Side, Target
from yingda.texts import Language

#: Exit status: done; what arrived differs; it cannot be moved so (BSD's sysexits: EX_CONFIG).
DONE, DIFFERS, MISCONFIGURED = 0, 1, 78


def run_migrate(source: str, target: str, screen: TextIO, language: Language, clock: Clock) -> int:
    """Move what is at one URL to the other, print how it went, and return the exit status.

    Raises StoreError when a database refuses.
    """
    names = {"source": shown_database(source), "target": shown_database(target)}
    if (sqlite_path(source) is None) is (sqlite_path(target) is None):
        screen.write(say(language, "same_kind", **names) + "\n")
        return MISCONFIGURED
    screen.write(say(language, "begin", **names) + "\n")
    try:
        moved = _moved(source, target, screen, language, clock)
    except NotMoved as refused:
        screen.write(say(language, refused.reason, **names, what=refused.what) + "\n")
        return DIFFERS if refused.reason is Reason.DIFFERENCE else MISCONFIGURED
    key = "as_written" if sqlite_path(target) is None else "as_url"
    url = say(language, key, url=target)
    screen.write(_table(moved, language) + say(language, "next", **names, url=url) + "\n")
    return DONE


def _moved(
    source: str, target: str, screen: TextIO, language: Language, clock: Clock
) -> Sequence[Moved]:
    with ExitStack() as opened:
        side = opened.enter_context(_source(source))
        other = opened.enter_context(_target(target))
        tell = opened.enter_context(_telling(screen, language))
        return move(side, other, tell, clock)


def _source(url: str) -> AbstractContextManager[Side]:
    path = sqlite_path(url)
    return moving_postgres.moving_from(url) if path is None else moving_sqlite.moving_from(path)


def _target(url: str) -> AbstractContextManager[Target]:
    path = sqlite_path(url)
    return moving_postgres.moving_to(url) if path is None else moving_sqlite.moving_to(path)


@contextmanager
def _telling(screen: TextIO, language: Language) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal; elsewhere a line for each table that is done."""
    if not screen.isatty():
        yield _Lines(screen, language)
        return
    # Names differ in length; behind the bar they do not shift it.
    form = "[%(bar)s] %(info)s  %(label)s"
    with typer.progressbar(length=1, bar_template=form, file=screen) as bar:

        def tell(progress: Progress) -> None:
            bar.length = max(progress.all_rows, 1)
            bar.label = f"{say(language, progress.step)} {progress.table}"
            bar.update(progress.rows)

        yield tell


class _Lines:
    """Tells of tables that have rows; of the others the table at the end does."""

    def __init__(self, screen: TextIO, language: Language) -> None:
        self._screen = screen
        self._language = language
        self._rows = self._told_rows = 0

    def __call__(self, progress: Progress) -> None:
        self._rows += progress.rows
        if not progress.is_done or self._rows == self._told_rows:
            return
        self._told_rows = self._rows
        percent = 100 * self._rows // progress.all_rows
        step = say(self._language, progress.step)
        values = {"step": step, "table": progress.table, "percent": str(percent)}
        self._screen.write(say(self._language, "step", **values) + "\n")
        # Whoever reads it by way of a file reads it now.
        self._screen.flush()


def _table(moved: Sequence[Moved], language: Language) -> str:
    same = say(language, "same")
    lines = [[heading.within(language) for heading in HEADINGS.values()]]
    lines += [[each.table, f"{each.rows:,}", same, f"{each.duration_s:.1f}"] for each in moved]
    rows, duration_s = sum(each.rows for each in moved), sum(each.duration_s for each in moved)
    lines.append([say(language, "total"), f"{rows:,}", same, f"{duration_s:.1f}"])
    return aligned(lines, left=1)
