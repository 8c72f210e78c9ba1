"""Kill -9 at random instants under a crowd: every promise is held, question by question.

`YINGDA_CHAOS_QUESTIONS` and `YINGDA_CHAOS_SEED` choose another run.
"""

import os
from pathlib import Path

import pytest

from chaos.auditor import audit
from chaos.evidence import Evidence
from chaos.figures import figures, table
from chaos.pushing import pushing_chaos
from chaos.run import chaos

pytestmark = pytest.mark.realtime

QUESTIONS = int(os.environ.get("YINGDA_CHAOS_QUESTIONS", "60"))
#: Of fewer questions it is chance whether a kill finds a message on its way.
_LONG = 200
SEED = int(os.environ.get("YINGDA_CHAOS_SEED", "1"))


def accounted_for(evidence: Evidence, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """The figures of a run that kept every promise, once they are told."""
    counted = figures(evidence)
    with capsys.disabled():
        print(f"\nseed {SEED}\n{table(counted)}")  # noqa: T201 - the figures are what one wants to see
    assert audit(evidence) == []
    # A run in which nothing went wrong would prove nothing.
    assert counted["kills"] >= 3
    assert counted["runs cut by a kill"] > 0
    return counted


async def test_no_question_and_no_answer_is_lost_however_often_the_process_is_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accounted_for(await chaos(tmp_path, seed=SEED, questions=QUESTIONS), capsys)


async def test_a_pushed_answer_is_not_lost_either_and_twice_comes_only_what_was_in_doubt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Slow answers take longer: a short run asks fewer, so that it ends within half a minute.
    evidence = await pushing_chaos(tmp_path, seed=SEED, questions=QUESTIONS // 4)
    counted = accounted_for(evidence, capsys)
    assert counted["questions answered by messages alone"] > 0
    assert counted["messages in doubt"] > 0 or QUESTIONS < _LONG
