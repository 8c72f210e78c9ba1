"""The log shows no frame's variables, and a log that cannot be written harms nobody."""

import contextlib
import errno
import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from typing import TextIO

import pytest
import structlog

from yingda.cli import logs

FORMATS = ("console", "json")


@contextlib.contextmanager
def log_to(stream: TextIO, log_format: str) -> Iterator[None]:
    """The process's log, set up as `yingda serve` does, without pytest's own handlers."""
    handlers, level = logging.root.handlers, logging.root.level
    logging.root.handlers = []
    try:
        logs.set_up("info", log_format, stream)
        yield
    finally:
        logging.root.handlers = handlers
        logging.root.setLevel(level)
        structlog.reset_defaults()


def log_it(error: Exception) -> None:
    structlog.get_logger().error("broke", exc_info=error)


def log_it_as_libraries_do(error: Exception) -> None:
    logging.getLogger("some.library").error("broke", exc_info=error)


def fail_with_a_secret_at_hand() -> None:
    token = "s3cret-token"
    if token:
        raise LookupError("nothing there")


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("tell", [log_it, log_it_as_libraries_do])
def test_a_logged_exception_names_its_place_and_no_frames_variables(
    log_format: str, tell: Callable[[Exception], None]
) -> None:
    stream = io.StringIO()
    with log_to(stream, log_format):
        try:
            fail_with_a_secret_at_hand()
        except LookupError as error:
            tell(error)
    written = stream.getvalue()
    assert "fail_with_a_secret_at_hand" in written
    assert "LookupError: nothing there" in written
    assert "s3cret-token" not in written


class Refusing(io.StringIO):
    """A file that raises this error at every write, or at every flush."""

    def __init__(self, error: Exception, at: str) -> None:
        super().__init__()
        self.error: Exception | None = error
        self.at = at

    def write(self, text: str) -> int:
        self._refuse("write")
        return super().write(text)

    def flush(self) -> None:
        self._refuse("flush")
        super().flush()

    def _refuse(self, at: str) -> None:
        if self.error is not None and at == self.at:
            raise self.error


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("at", ["write", "flush"])
@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), ValueError("I/O on a closed file")],
    ids=["full", "closed"],
)
def test_a_line_that_cannot_be_written_is_dropped_and_the_next_one_is_tried(
    log_format: str, at: str, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = Refusing(error, at)
    with log_to(stream, log_format):
        structlog.get_logger().info("lost")
        logging.getLogger("some.library").warning("lost too")
        stream.error = None
        structlog.get_logger().info("found")
    assert "found" in stream.getvalue()
    assert ("lost" in stream.getvalue()) == (at == "flush")
    assert capsys.readouterr() == ("", "")


def test_a_pipe_that_nobody_reads_any_more_stops_nothing() -> None:
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w", buffering=1)
    os.close(reading)
    with log_to(stream, "json"):
        structlog.get_logger().info("lost")
    with pytest.raises(BrokenPipeError):
        stream.close()


def test_a_line_for_machines_is_one_json_object() -> None:
    stream = io.StringIO()
    with log_to(stream, "auto"):
        structlog.get_logger().info("应答", count=1)
    entry = json.loads(stream.getvalue())
    assert (entry["event"], entry["count"], entry["level"]) == ("应答", 1, "info")
