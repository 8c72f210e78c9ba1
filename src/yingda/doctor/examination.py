"""All checks in one go: as much as the settings allow, in the order of `Subject`.

The only file of this room that knows which checks there are.
"""

import asyncio
import itertools
from collections.abc import Mapping
from pathlib import Path

from yingda.config import Settings, SettingsInvalid, load
from yingda.config.fields import Refused
from yingda.config.fields import url as usable_url
from yingda.config.routing import used_providers
from yingda.doctor.address import Way, callback_urls, check_account, check_server, place
from yingda.doctor.api import check_api
from yingda.doctor.base import Check, Findings, Subject, has_failed
from yingda.doctor.clock import check_clock
from yingda.doctor.provider import check_provider
from yingda.doctor.settings import unusable, usable
from yingda.doctor.snapshots import check_snapshots
from yingda.doctor.spending import check_spending
from yingda.doctor.store import check_store
from yingda.doctor.store_postgres import check_postgres
from yingda.doctor.texts import finding
from yingda.wechat.limits import FRESHNESS_S

#: What the operator set the public address by, as he may look for it.
_OPTION = "--url"
_SETTING = "server.public_url (YINGDA_PUBLIC_URL)"


async def examine(
    environ: Mapping[str, str],
    way: Way,
    *,
    config_path: Path | None = None,
    url: str | None = None,
    holds: bool = True,
) -> Findings:
    """Look at everything, and change nothing.

    `url` is tried in place of the configured public address. `holds` allows the check that takes
    as long as WeChat's window.
    """
    try:
        settings = load(environ, config_path=config_path)
    except SettingsInvalid as invalid:
        return await _without_settings(unusable(invalid.problems), url, way)
    named = (url or settings.public_url or "").strip()
    setting = _OPTION if url else _SETTING
    checks: list[Check] = [
        lambda: check_snapshots(settings, way.clock),
        lambda: _store(settings, way),
        lambda: check_spending(settings, way.clock),
        lambda: _clock(_clocks(settings, named), _freshness_s(settings), way),
        lambda: _providers(settings, way),
        lambda: _apis(settings, way),
    ]
    found = await asyncio.gather(*(check() for check in checks))
    # By itself, for it measures how long answers take.
    address = await _address(named, setting, settings, way, holds=holds)
    return (*usable(settings), *itertools.chain.from_iterable(found), *address)


async def _store(settings: Settings, way: Way) -> Findings:
    if settings.postgres_url is not None:
        return await check_postgres(settings)
    return await check_store(settings.database_path, way.clock)


async def _without_settings(findings: Findings, url: str | None, way: Way) -> Findings:
    """What can be looked at all the same: the clock, and whether the address is reached."""
    named = (url or "").strip()
    clock = await _clock((named,) if named else (), FRESHNESS_S, way)
    address = await _server(named, _OPTION, way) if named else ()
    left_out = finding(Subject.ADDRESS, "settings_unread", "")
    # The order of `Subject`, whatever was left out.
    mixed = (*findings, *clock, *address, left_out)
    return tuple(sorted(mixed, key=lambda each: list(Subject).index(each.check)))


def _freshness_s(settings: Settings) -> float:
    return min(account.freshness_s for account in settings.accounts)


def _clocks(settings: Settings, named: str) -> tuple[str, ...]:
    providers = [each.base_url for each in settings.providers.values() if each.kind != "echo"]
    return (*providers, *([named] if named else []))


async def _clock(urls: tuple[str, ...], freshness_s: float, way: Way) -> Findings:
    return await check_clock(urls, way.clock, freshness_s=freshness_s, tls=way.tls)


async def _providers(settings: Settings, way: Way) -> Findings:
    used = used_providers(settings)
    found = await asyncio.gather(
        *(
            check_provider(name, own, way.clock)
            for name, own in settings.providers.items()
            if name in used
        )
    )
    return tuple(itertools.chain.from_iterable(found))


async def _apis(settings: Settings, way: Way) -> Findings:
    found = await asyncio.gather(*(check_api(each, way.clock) for each in settings.accounts))
    return tuple(itertools.chain.from_iterable(found))


async def _server(named: str, setting: str, way: Way) -> Findings:
    try:
        url = usable_url(named)
    except Refused:
        return (finding(Subject.ADDRESS, "url_unusable", setting),)
    return await check_server(place(url, setting), way)


async def _address(
    named: str, setting: str, settings: Settings, way: Way, *, holds: bool
) -> Findings:
    if not named:
        return (finding(Subject.ADDRESS, "url_unset", ""),)
    findings = list(await _server(named, setting, way))
    if not any(each.code == "reach_ok" for each in findings):
        return tuple(findings)
    if not holds:
        findings.append(finding(Subject.ADDRESS, "hold_left_out", ""))
    for url, account in callback_urls(usable_url(named), settings.accounts):
        own = await check_account(url, account, way, holds=holds)
        findings += own
        # One held request shows what the proxy does; each costs five seconds.
        holds = holds and has_failed(own)
    return tuple(findings)
