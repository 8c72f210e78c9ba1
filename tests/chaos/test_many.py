"""Many processes on one database, of which any may die at any time: every promise is held.

`YINGDA_CHAOS_QUESTIONS` and `YINGDA_CHAOS_SEED` choose another run.
"""

import os
from pathlib import Path

import pytest

from chaos.auditor import audit
from chaos.evidence import Kind
from chaos.figures import table
from chaos.fleet_figures import fleet_figures
from chaos.many import many_chaos
from chaos.misfortunes import UNHURRIED_S

pytestmark = pytest.mark.realtime

QUESTIONS = int(os.environ.get("YINGDA_CHAOS_QUESTIONS", "36"))
#: Of fewer questions it is chance whom a kill finds at work, and how much there is time for.
_LONG = 200
#: Between two misfortunes of a short run. Our choice: it has most of them within half a minute.
_QUICKLY_S = (0.8, 2.0)
_LEAST_KINDS = 5
SEED = int(os.environ.get("YINGDA_CHAOS_SEED", "1"))
HAS_OWN_SERVER = "YINGDA_TEST_DATABASE_URL" not in os.environ


async def test_many_processes_keep_every_promise_whichever_of_them_dies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every_s = _QUICKLY_S if QUESTIONS < _LONG else UNHURRIED_S
    run = many_chaos(tmp_path, seed=SEED, questions=QUESTIONS, every_s=every_s)
    evidence, errors = await run
    counted = fleet_figures(evidence)
    with capsys.disabled():
        note = "" if HAS_OWN_SERVER else ", on a PostgreSQL that is not ours to crash"
        print(f"\nseed {SEED}{note}\n{table(counted)}\nerrors logged: {errors}")  # noqa: T201 - the figures are what one wants to see
    assert audit(evidence) == []
    # A run in which nothing went wrong would prove nothing.
    done = {kind for kind in Kind if counted[kind]}
    assert len(done) >= (len(Kind) - (not HAS_OWN_SERVER) if QUESTIONS >= _LONG else _LEAST_KINDS)
    assert counted["runs cut by a kill"] > 0
    assert counted["runs cut by a worker's kill"] > 0 or QUESTIONS < _LONG
