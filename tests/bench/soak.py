"""`make soak`: steady load with faults, and whether memory and handles stay flat.

python -m bench.soak --minutes 30 --json FILE
"""

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

import msgspec

from bench.children import gateway, part
from bench.machine import describe, handle_count, rss_kb
from bench.report import Judge, Report, Row, missed, table, to_json
from bench.stats import after_warm_up, fit, median

#: Our choice: some 20 questions a second, which leaves both cores idle time.
_FOLLOWERS = 60
#: Caches and pools fill in the first part of a run, which says nothing of the rest.
_WARM_UP_SHARE = 0.25
_SAMPLE_EVERY_S = 5.0
#: Our choice: half an hour's 36 000 questions may add 2 MB; less is an allocator's business.
_RSS_BAR_KB_PER_1000 = 60.0
#: Our choice: handles come and go with requests; growth of one in a hundred minutes is noise.
_HANDLES_BAR_PER_HOUR = 6.0


class Sample(msgspec.Struct, frozen=True):
    """One look at the gateway."""

    age_s: float
    rss_kb: float
    handles: int


class Sampler:
    """Looks at a process every few seconds, in a thread."""

    def __init__(self, pid: int, every_s: float) -> None:
        self.samples: list[Sample] = []
        self._pid = pid
        self._every_s = every_s
        self._began_s = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(self._every_s):
            age_s = time.monotonic() - self._began_s
            self.samples.append(Sample(age_s, rss_kb(self._pid), handle_count(self._pid)))


def soak(minutes: float) -> tuple[list[Sample], dict[str, Any]]:
    """Load a fresh gateway for so long; the samples, and what the world saw."""
    with (
        tempfile.TemporaryDirectory() as name,
        part("soak_world", _FOLLOWERS, minutes * 60) as world,
    ):
        dify = world.hear()
        variables = {
            "YINGDA_PROVIDER": "dify",
            "YINGDA_DIFY_API_KEY": dify["key"],
            "YINGDA_DIFY_BASE_URL": dify["dify"],
        }
        with gateway(Path(name), variables) as server:
            every_s = min(_SAMPLE_EVERY_S, minutes)
            with Sampler(server.pid, every_s) as sampler:
                world.tell(str(server.port))
                result = world.hear()
            return sampler.samples, result


def rows_of(samples: list[Sample], question_count: int) -> list[Row]:
    """The slopes behind the warm-up, against their bars."""
    ages_s = [sample.age_s for sample in samples]
    first = after_warm_up(ages_s, _WARM_UP_SHARE)
    kept, kept_s = samples[first:], ages_s[first:]
    rss_per_s = fit(kept_s, [sample.rss_kb for sample in kept]).slope
    handles_per_s = fit(kept_s, [float(sample.handles) for sample in kept]).slope
    questions_per_s = question_count / ages_s[-1]
    return [
        Row(
            name="soak",
            what="memory per 1000 questions, slope",
            ours=1000 * rss_per_s / questions_per_s,
            unit="KB",
            judge=Judge.AT_MOST,
            bar=_RSS_BAR_KB_PER_1000,
        ),
        Row(
            name="soak",
            what="open handles per hour, slope",
            ours=3600 * handles_per_s,
            unit="",
            judge=Judge.AT_MOST,
            bar=_HANDLES_BAR_PER_HOUR,
        ),
        Row(name="soak", what="memory, median", ours=median([s.rss_kb for s in kept]), unit="KB"),
        Row(name="soak", what="handles, median", ours=median([s.handles for s in kept]), unit=""),
        Row(name="soak", what="questions", ours=question_count, unit=""),
    ]


def main() -> int:
    """Soak, print, and say by the exit status whether it stayed flat."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    machine = describe()
    samples, seen = soak(options.minutes)
    rows = rows_of(samples, seen["questions"])
    details: dict[str, object] = {
        "seen": seen,
        "samples": msgspec.to_builtins(samples),
    }
    sys.stdout.write(table(rows) + "\n")
    if options.json:
        report = Report(machine=machine, rows=tuple(rows), details=details)
        options.json.write_bytes(to_json(report))
    return 1 if missed(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
