"""Processes that take part in a measurement: the gateway, stubs and load generators.

Each is pinned to its cores. A part of ours says where it listens, or what it measured, in lines
of JSON on its standard output.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bench import wire
from bench.machine import load_cores, server_cores

#: A slow machine may take its time.
_START_LIMIT_S = 30.0
_POLL_S = 0.003


class Part:
    """A process of ours."""

    def __init__(self, process: "subprocess.Popen[str]", name: str) -> None:
        self._process = process
        self._name = name
        self.pid = process.pid

    def hear(self) -> Any:
        """The next thing it says. Raises RuntimeError when it has ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with status {self._process.wait()}")
        return msgspec.json.decode(line)

    def tell(self, line: str = "") -> None:
        """Let it go on: what it waits for has happened."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


@contextmanager
def part(
    module: str,
    *arguments: object,
    is_measured: bool = False,
    cores: AbstractSet[int] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Part]:
    """`bench.<module>` as a process, on the load's cores unless it is what is measured.

    Other `cores` go before that; `variables` are the only settings of a gateway's that it has.
    """
    if cores is None:
        cores = server_cores() if is_measured else load_cores()
    process = subprocess.Popen(  # noqa: S603 our own interpreter and module
        [sys.executable, "-m", f"bench.{module}", *map(str, arguments)],
        env={**_bare_environment(), **(variables or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    # It has one thread yet; those to come are born on its cores.
    os.sched_setaffinity(process.pid, cores)
    try:
        yield Part(process, module)
    finally:
        _end(process)


class Gateway:
    """A real `yingda serve`."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, started_s: float) -> None:
        self.pid = process.pid
        self.port = port
        #: Seconds from its start to its first answered handshake.
        self.ready_after_s = wait_until_open(port, started_s)


@contextmanager
def gateway(folder: Path, variables: dict[str, str] | None = None) -> Iterator[Gateway]:
    """Start it on `folder`, with the echo provider and patience without end unless told else."""
    port = free_port()
    environment = {
        "YINGDA_WECHAT_TOKEN": wire.TOKEN,
        "YINGDA_DATA_DIR": str(folder / "data"),
        "YINGDA_PROVIDER": "echo",
        "YINGDA_PATIENCE": "unlimited",
        "YINGDA_LOG_FORMAT": "json",
        **(variables or {}),
    }
    cores = server_cores()
    with (folder / "gateway.log").open("ab") as log:
        started_s = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 our own interpreter and module
            [sys.executable, "-m", "yingda", "serve", "--port", str(port)],
            env={**_bare_environment(), **environment},
            stderr=log,
        )
        os.sched_setaffinity(process.pid, cores)
        try:
            yield Gateway(process, port, started_s)
        finally:
            _end(process)


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_until_open(port: int, started_s: float) -> float:
    """Seconds from `started_s`, a monotonic time, to the first answered handshake.

    Raises RuntimeError when none comes.
    """
    while time.monotonic() < started_s + _START_LIMIT_S:
        if _shakes_hands(port):
            return time.monotonic() - started_s
        time.sleep(_POLL_S)
    raise RuntimeError("nothing answers there")


def _shakes_hands(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_START_LIMIT_S)
    try:
        connection.request("GET", f"{wire.PATH}?{wire.signed_query()}&echostr=4711")
        answer = connection.getresponse()
        return answer.status == 200 and answer.read() == b"4711"
    except (ConnectionError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _bare_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("YINGDA_")}


def _end(process: "subprocess.Popen[Any]") -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
