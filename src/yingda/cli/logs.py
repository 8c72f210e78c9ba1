"""How the log is written: one line an event, for people or for machines.

Messages and secrets never reach it: whoever logs, logs names, counts and times.
"""

import logging
import sys
from typing import Any, TextIO

import structlog


def set_up(level: str, log_format: str, stream: TextIO = sys.stderr) -> None:
    """Configure the process's log. `log_format` is `console`, `json`, or `auto` to choose."""
    is_console = log_format == "console" or (log_format == "auto" and stream.isatty())
    renderer: Any
    if is_console:
        renderer = structlog.dev.ConsoleRenderer(colors=stream.isatty())
    else:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=not is_console),
            *([] if is_console else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    # What libraries have to say matters when something is wrong.
    logging.basicConfig(stream=stream, level=logging.WARNING, format="%(levelname)s %(message)s")


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
