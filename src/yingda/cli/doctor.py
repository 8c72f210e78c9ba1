"""`yingda doctor`: what keeps WeChat, the AI or the machine from working, and what mends it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import msgspec

from yingda.clock import SystemClock
from yingda.doctor.address import Way
from yingda.doctor.base import Finding, Findings, Status, Subject, has_failed
from yingda.doctor.examination import examine
from yingda.doctor.texts import ALL_WELL, MEND_LABEL, NOT_WELL, TITLES
from yingda.texts import Language

#: BSD's sysexits: EX_CONFIG.
MISCONFIGURED = 78
_MARKS = {Status.OK: "✓", Status.WARNING: "!", Status.FAILED: "✗", Status.SKIPPED: "–"}
#: Terminal colours by ECMA-48: green, yellow, red, and faint.
_COLOURS = {Status.OK: "32", Status.WARNING: "33", Status.FAILED: "31", Status.SKIPPED: "2"}


async def doctor(
    environ: Mapping[str, str],
    screen: TextIO,
    language: Language,
    *,
    config_path: Path | None,
    url: str | None,
    as_json: bool,
    holds: bool,
) -> int:
    """Examine, print, and return the exit status."""
    way = Way(clock=SystemClock())
    findings = await examine(environ, way, config_path=config_path, url=url, holds=holds)
    status = exit_status(findings)
    if as_json:
        screen.write(machine_form(findings, status))
    else:
        has_colours = screen.isatty() and not environ.get("NO_COLOR")
        screen.write(listed(findings, language, has_colours=has_colours))
    return status


def exit_status(findings: Findings) -> int:
    """0 when nothing failed, 1 when something did, 78 when the settings cannot be read."""
    if any(each.code == "settings_problem" for each in findings):
        return MISCONFIGURED
    return int(has_failed(findings))


def machine_form(findings: Findings, status: int) -> str:
    """One JSON object on one line; codes are stable, sentences may change."""
    rows = [
        {
            "check": each.check,
            "code": each.code,
            "status": each.status,
            "subject": each.subject,
            "said": each.said._asdict(),
            "mend": each.mend._asdict() if each.mend else None,
        }
        for each in findings
    ]
    report = {"ok": status == 0, "exit_status": status, "findings": rows}
    return msgspec.json.encode(report).decode() + "\n"


def listed(findings: Findings, language: Language, *, has_colours: bool) -> str:
    """What a person reads: by subject, each with its mark, and a mend where there is one."""
    lines: list[str] = []
    for subject in Subject:
        own = [each for each in findings if each.check is subject]
        if own:
            lines.append(TITLES[subject].within(language))
            for each in own:
                lines += _shown(each, language, has_colours=has_colours)
            lines.append("")
    counts = dict.fromkeys(Status, 0)
    for each in findings:
        counts[each.status] += 1
    failed, warnings = counts[Status.FAILED], counts[Status.WARNING]
    last = NOT_WELL if failed or warnings else ALL_WELL
    lines.append(last.within(language).format(failed=failed, warnings=warnings))
    return "\n".join(lines) + "\n"


def _shown(each: Finding, language: Language, *, has_colours: bool) -> list[str]:
    mark = _MARKS[each.status]
    if has_colours:
        mark = f"\x1b[{_COLOURS[each.status]}m{mark}\x1b[0m"
    subject = f"{each.subject} · " if each.subject else ""
    lines = [f"  {mark} {subject}{each.said.within(language)}"]
    if each.mend is not None:
        lines.append(f"      {MEND_LABEL.within(language)}{each.mend.within(language)}")
    return lines
