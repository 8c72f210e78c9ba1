"""The settings as they stand: every problem and every warning as a finding.

Knows how `config` tells problems. Judges no value itself.
"""

from yingda.config import Problem, Settings
from yingda.doctor.base import Finding, Findings, Subject
from yingda.doctor.texts import finding


def usable(settings: Settings) -> Findings:
    """What is to be said of settings that could be read."""
    read = finding(
        Subject.SETTINGS,
        "settings_ok",
        "",
        accounts=len(settings.accounts),
        providers=len(settings.providers),
    )
    return (read, *(_told("settings_warning", each) for each in settings.warnings))


def unusable(problems: tuple[Problem, ...]) -> Findings:
    """What is to be said of settings that could not, and of what hangs on them."""
    left_out = (Subject.STORE, Subject.PROVIDER)
    return (
        *(_told("settings_problem", each) for each in problems),
        *(finding(check, "settings_unread", "") for check in left_out),
    )


def _told(code: str, problem: Problem) -> Finding:
    return finding(
        Subject.SETTINGS,
        code,
        problem.key,
        reason_zh=problem.reason.zh,
        reason_en=problem.reason.en,
        mend_zh=problem.mend.zh,
        mend_en=problem.mend.en,
    )
