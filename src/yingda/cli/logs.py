"""How the log is written: one line an event, for people or for machines.

Messages and secrets never reach it: whoever logs, logs names, counts and times, and a traceback
is printed without its frames' variables. A line that cannot be written is lost, and harms nobody.
"""

import contextlib
import logging
import sys
from typing import Any, TextIO, cast

import structlog


def set_up(level: str, log_format: str, stream: TextIO = sys.stderr) -> None:
    """Configure the process's log. `log_format` is `console`, `json`, or `auto` to choose."""
    is_console = log_format == "console" or (log_format == "auto" and stream.isatty())
    renderer: Any
    if is_console:
        renderer = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(),
            # The default one prints every frame's variables where rich is installed.
            exception_formatter=structlog.dev.plain_traceback,
        )
    else:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    # Its two users write and flush, and ask for nothing else of a file.
    file = cast("TextIO", _Careless(stream))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=not is_console),
            *([] if is_console else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.WriteLoggerFactory(file=file),
        cache_logger_on_first_use=True,
    )
    # What libraries have to say matters when something is wrong.
    logging.basicConfig(stream=file, level=logging.WARNING, format="%(levelname)s %(message)s")


class _Careless:
    """Drops what a full disk, a pipe nobody reads any more, or a closed file refuses."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
