"""A process that serves looks for garbage seldom, and one that starts not at all."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from yingda.cli import collecting
from yingda.cli.server import Stop
from yingda.cli.starting import started
from yingda.clock import SystemClock
from yingda.config import load


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


def test_nothing_is_looked_for_until_it_is_settled() -> None:
    collecting.put_off()
    assert not gc.isenabled()
    collecting.settle()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    # What is made from now on is looked at as soon as ever; only the look at all of it is rare.
    assert gc.get_threshold() == (700, 10, 100)


async def test_a_gateway_that_has_started_is_settled(tmp_path: Path) -> None:
    collecting.put_off()
    environment = {
        "YINGDA_WECHAT_TOKEN": "gatewaytoken",
        "YINGDA_PROVIDER": "echo",
        "YINGDA_DATA_DIR": str(tmp_path),
    }
    gateway = await started(load(environment), SystemClock(), Stop())
    assert gateway is not None
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    await gateway.stop()
