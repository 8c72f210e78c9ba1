"""Kill -9 at random instants under a crowd: every promise is held, question by question.

`YINGDA_CHAOS_QUESTIONS` and `YINGDA_CHAOS_SEED` choose another run.
"""

import os
from pathlib import Path

import pytest

from chaos.auditor import audit
from chaos.figures import figures, table
from chaos.run import chaos

pytestmark = pytest.mark.realtime

QUESTIONS = int(os.environ.get("YINGDA_CHAOS_QUESTIONS", "60"))
SEED = int(os.environ.get("YINGDA_CHAOS_SEED", "1"))


async def test_no_question_and_no_answer_is_lost_however_often_the_process_is_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = await chaos(tmp_path, seed=SEED, questions=QUESTIONS)
    counted = figures(evidence)
    with capsys.disabled():
        print(f"\nseed {SEED}\n{table(counted)}")  # noqa: T201 - the figures are what one wants to see
    assert audit(evidence) == []
    # A run in which nothing went wrong would prove nothing.
    assert counted["kills"] >= 3
    assert counted["runs cut by a kill"] > 0
