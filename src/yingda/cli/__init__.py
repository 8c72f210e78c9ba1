"""The command line. Parses, calls, prints; decides nothing.

A verb imports what it needs when it is called: a server has to be up within a second, and needs
no simulator for that.
"""

import asyncio
import io
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from yingda.cli import collecting, logs
from yingda.config import load, read_database
from yingda.config.texts import preferred_language
from yingda.config.values import MOST_MONTHS
from yingda.errors import YingdaError
from yingda.store.cost_base import UsageKey

#: The exit status of a program that was started wrongly (BSD's sysexits: EX_CONFIG).
_MISCONFIGURED = 78

app = typer.Typer(
    name="yingda",
    help="应答: puts an AI behind a WeChat Official Account.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _root() -> None:
    """应答: puts an AI behind a WeChat Official Account."""


@app.command()
def serve(
    config: Annotated[
        Path | None, typer.Option(help="A TOML file; YINGDA_CONFIG names one too.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 8080.")] = None,
    *,
    workers: Annotated[
        bool | None,
        typer.Option(help="Ask the AI in this process too; with PostgreSQL, yingda worker can."),
    ] = None,
) -> None:
    """Answer WeChat's pushes at /wechat/{account}."""
    collecting.put_off()
    from yingda.cli.serve import run_fast  # noqa: PLC0415 see above
    from yingda.cli.serve import serve as run_server  # noqa: PLC0415 see above

    options = {"host": host, "port": port, "workers": workers}
    settings = load(os.environ, config_path=config, options=options)
    logs.set_up(settings.log_level, settings.log_format)
    run_fast(run_server(settings))


@app.command()
def worker(
    config: Annotated[
        Path | None, typer.Option(help="A TOML file; YINGDA_CONFIG names one too.")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Questions that are asked at once; 1000.")
    ] = None,
) -> None:
    """Ask the AI for other processes on the same PostgreSQL database."""
    collecting.put_off()
    from yingda.cli.serve import run_fast  # noqa: PLC0415 see above
    from yingda.cli.worker import work  # noqa: PLC0415 see above

    options = {"worker_concurrency": concurrency}
    settings = load(os.environ, config_path=config, options=options)
    logs.set_up(settings.log_level, settings.log_format)
    run_fast(work(settings))


@app.command()
def demo(
    data_dir: Annotated[
        Path | None, typer.Option(help="Keep the demo's data here; else nothing is kept.")
    ] = None,
    *,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the gateway's log.")] = False,
) -> None:
    """Chat with the gateway in this terminal, through a simulated WeChat."""
    from yingda.cli.demo import demo as run_demo  # noqa: PLC0415 see above

    logs.set_up("info" if verbose else "error", "console")
    asyncio.run(run_demo(os.environ, preferred_language(os.environ), data_dir))


@app.command()
def doctor(
    config: Annotated[
        Path | None, typer.Option(help="A TOML file; YINGDA_CONFIG names one too.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Try this address in place of the public_url that is set.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    no_hold: Annotated[
        bool, typer.Option("--no-hold", help="Leave out the check that takes five seconds.")
    ] = False,
) -> None:
    """Find out what keeps WeChat, the AI or this machine from working, and how to mend it."""
    from yingda.cli.doctor import doctor as run_doctor  # noqa: PLC0415 see above

    logs.set_up("error", "console")
    work = run_doctor(
        os.environ,
        sys.stdout,
        preferred_language(os.environ),
        config_path=config,
        url=url,
        as_json=as_json,
        holds=not no_hold,
    )
    raise typer.Exit(asyncio.run(work))


class _MenuStep(StrEnum):
    """What `yingda menu` does."""

    PUBLISH = "publish"
    SHOW = "show"
    DELETE = "delete"


@app.command()
def menu(
    step: Annotated[_MenuStep, typer.Argument(help="What to do with the account's menu.")],
    account: Annotated[
        str | None, typer.Option(help="The account's name; needed where there are several.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A TOML file; YINGDA_CONFIG names one too.")
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be published, and ask nobody.")
    ] = False,
) -> None:
    """Publish the menu of the settings, show what is published, or take it away."""
    from yingda.cli.menu import Errand, run_menu  # noqa: PLC0415 see above

    logs.set_up("error", "console")
    errand = Errand(step=step.value, account=account, dry_run=dry_run)
    settings = load(os.environ, config_path=config)
    work = run_menu(settings, errand, sys.stdout, preferred_language(os.environ))
    raise typer.Exit(asyncio.run(work))


@app.command()
def usage(
    config: Annotated[
        Path | None, typer.Option(help="A TOML file; YINGDA_CONFIG names one too.")
    ] = None,
    by: Annotated[UsageKey, typer.Option(help="What to sum up by.")] = UsageKey.DAY,
    since: Annotated[
        str | None, typer.Option(help="The first day, such as 2026-11-01; else the month's first.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="The last day; else today.")] = None,
    account: Annotated[str | None, typer.Option(help="This account alone.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    openids: Annotated[
        bool, typer.Option("--openids", help="Show openids beside pseudonyms.")
    ] = False,
) -> None:
    """Tell how much was asked, how fast it was answered, and what it cost."""
    from yingda.cli.usage import UsageErrand, run_usage  # noqa: PLC0415 see above
    from yingda.clock import SystemClock  # noqa: PLC0415 see above

    logs.set_up("error", "console")
    errand = UsageErrand(
        by=by,
        since=since,
        until=until,
        account=account,
        form="json" if as_json else "csv" if as_csv else "table",
        shows_openids=openids,
    )
    settings = load(os.environ, config_path=config)
    language = preferred_language(os.environ)
    raise typer.Exit(run_usage(settings, errand, sys.stdout, language, SystemClock()))


@app.command()
def migrate(
    to: Annotated[
        str,
        typer.Option(help="Where it goes: an empty database, as database_url takes it."),
    ],
    source: Annotated[
        str | None,
        typer.Option("--from", help="Where it is, sqlite:PATH in short; else what is set."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A TOML file; YINGDA_CONFIG names one too.")
    ] = None,
) -> None:
    """Move all data from SQLite to PostgreSQL, or back, and prove that it arrived."""
    from yingda.cli.migrate import run_migrate  # noqa: PLC0415 see above
    from yingda.clock import SystemClock  # noqa: PLC0415 see above

    logs.set_up("error", "console")
    target = read_database(to, "--to", os.environ)
    if source is None:
        source = load(os.environ, config_path=config).database
    else:
        source = read_database(source, "--from", os.environ)
    language = preferred_language(os.environ)
    raise typer.Exit(run_migrate(source, target, sys.stdout, language, SystemClock()))


@app.command()
def prune(
    config: Annotated[
        Path | None, typer.Option(help="A TOML file; YINGDA_CONFIG names one too.")
    ] = None,
    keep_months: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_MONTHS, help="Keep so many months before this one; else the setting."
        ),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would go, and remove nothing.")
    ] = False,
) -> None:
    """Remove questions and answers that are older than so many months."""
    from yingda.cli.prune import PruneErrand, run_prune  # noqa: PLC0415 see above
    from yingda.clock import SystemClock  # noqa: PLC0415 see above

    logs.set_up("error", "console")
    errand = PruneErrand(keep_months=keep_months, dry_run=dry_run)
    settings = load(os.environ, config_path=config)
    language = preferred_language(os.environ)
    work = run_prune(settings, errand, sys.stdout, language, SystemClock())
    raise typer.Exit(asyncio.run(work))


def main() -> None:
    """The command `yingda`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character is no reason to stop.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except (YingdaError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_MISCONFIGURED)
    except KeyboardInterrupt:
        sys.exit(130)
