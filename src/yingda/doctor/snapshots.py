"""Whether the servers on the database run with the settings that were read here, and all alike.

Reads the database, with or without a server that holds it; what is the matter with the file is
`store`'s to tell.
"""

import asyncio

from yingda.clock import Clock
from yingda.config import Settings
from yingda.databases import look_at
from yingda.doctor.base import Finding, Findings, Subject
from yingda.doctor.texts import finding
from yingda.engine.sharing.settings_watch import LASTING_S, LOOK_EVERY_S, differing
from yingda.errors import StoreError
from yingda.store.snapshot_base import KeptSnapshot
from yingda.wiring import snapshots_of

#: How long ago a process may have said that it differs and is still taken to. Our choice: it says
#: so at each look, of which one may be late.
_FRESH_S = 2.5 * LOOK_EVERY_S


async def check_snapshots(settings: Settings, clock: Clock) -> Findings:
    """A finding for each account and provider whose settings are not the same everywhere."""
    return await asyncio.to_thread(_check, settings, clock.now())


def _check(settings: Settings, now: float) -> Findings:
    try:
        with look_at(settings) as seen:
            key = None if seen is None else seen.secret("fingerprint")
            if seen is None or key is None:
                return ()
            kept = seen.snapshots()
    except StoreError:
        return ()
    unlike = [*differing(snapshots_of(settings, key), kept)]
    mixed = [each for each in kept if now - each.differed_at < _FRESH_S]
    return (
        *(_say("settings_not_in_use", each, now) for each in unlike),
        *(_say(_code(each, now), each, now) for each in mixed),
    )


def _code(kept: KeptSnapshot, now: float) -> str:
    return "settings_mixed" if now - kept.changed_at >= LASTING_S else "settings_changing"


def _say(code: str, kept: KeptSnapshot, now: float) -> Finding:
    minutes = max(0, round((now - kept.changed_at) / 60))
    return finding(Subject.SETTINGS, code, kept.snapshot.place, minutes=minutes)
