"""The public address, as WeChat would try it: reached, shaken hands with, pushed to, and held.

Knows what a broken front does to these requests (reference on the Official Account, "Getting the
URL accepted"). The pushes do nothing: a tap on a menu link, and our own event that is only held.
"""

import ipaddress
import ssl
import statistics
from collections.abc import Iterator

import msgspec

from yingda.clock import Clock
from yingda.config.values import AccountSettings
from yingda.doctor.base import Finding, Findings, Status, Subject
from yingda.doctor.caller import Caller, Exchange
from yingda.doctor.reach import Target, reach
from yingda.doctor.texts import finding
from yingda.engine.intake.commands import HOLD_PROBE_EVENT
from yingda.simulator import pushes
from yingda.simulator.platform import Mode, SimulatedAccount
from yingda.wechat.limits import WINDOW_S

#: The only ports that WeChat connects to. Official page on the server configuration.
_PORTS = {"http": 80, "https": 443}
#: Pushes whose median time counts. Our choice: one slow start does not tell.
_SAMPLES = 5
#: Seconds of WeChat's five from which the way alone is slow. Our choice.
_SLOW_S = 1.0
_BOM = b"\xef\xbb\xbf"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: How the gateway's own door refuses: `web.callback`.
_OURS = {
    (403, b"refused"): "answer_refused",
    (404, b"no such account"): "answer_account",
    (404, b"not found"): "answer_path",
}


class Spans(msgspec.Struct, frozen=True, kw_only=True):
    """How long is waited, in seconds."""

    #: For an answer.
    window_s: float = WINDOW_S
    #: For a held request: past WeChat's cut, and before the gateway lets it go.
    hold_s: float = WINDOW_S + 0.2
    slow_s: float = _SLOW_S


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How the address is tried; `tls` is another trust than the system's."""

    clock: Clock
    spans: Spans = Spans()
    tls: ssl.SSLContext | None = None


def place(url: str, setting: str) -> Target:
    """The server at this address; `setting` is what named it."""
    return Target(check=Subject.ADDRESS, subject=url, setting=setting, url=url)


async def check_server(target: Target, way: Way) -> Findings:
    """Whether the console would take the address, and whether the server can be reached."""
    reached = await reach(target, way.clock, tls=way.tls)
    is_local = _is_loopback(target.host) or reached.is_local
    findings = []
    if is_local:
        findings.append(_say("url_local", target.subject, host=target.host))
    elif target.port != _PORTS[target.parts.scheme]:
        findings.append(_say("url_port", target.subject, port=target.port))
    return (*findings, reached.finding)


async def check_account(url: str, account: AccountSettings, way: Way, *, holds: bool) -> Findings:
    """The handshake, a forged one, pushes and their time; with `holds` a held push as well."""
    caller = Caller(url, _simulated(account), way.clock, tls=way.tls)
    findings = [await _handshake(caller, account.name, way.spans)]
    if findings[0].status is Status.OK:
        findings.append(await _forged(caller, account.name, way.spans))
        findings += await _pushes(caller, account.name, way.spans)
    if holds and not any(each.status is Status.FAILED for each in findings):
        findings.append(await _hold(caller, account.name, way.spans))
    return tuple(findings)


def _say(code: str, subject: str, **values: object) -> Finding:
    return finding(Subject.ADDRESS, code, subject, **values)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _simulated(account: AccountSettings) -> SimulatedAccount:
    """The account as WeChat has it; with a key, pushes come in safe mode."""
    return SimulatedAccount(
        account_id="gh_yingda_doctor",
        token=account.token,
        mode=Mode.SAFE if account.encoding_aes_key else Mode.PLAIN,
        app_id=account.app_id or "",
        encoding_aes_key=account.encoding_aes_key or "",
    )


async def _handshake(caller: Caller, name: str, spans: Spans) -> Finding:
    exchange = await caller.shake_hands(limit_s=spans.window_s)
    code = _no_success(exchange) or _echo(exchange)
    return _about(code, name, exchange, spans)


def _about(code: str, name: str, exchange: Exchange, spans: Spans) -> Finding:
    return _say(
        code,
        name,
        status=exchange.status,
        target=exchange.target or "?",
        server=exchange.server,
        reason=exchange.broken_by,
        limit_s=spans.window_s,
        elapsed_s=exchange.elapsed_s,
    )


def _no_success(exchange: Exchange) -> str | None:
    """The code of an answer that is no answer with status 200; None when it is one."""
    if exchange.is_late:
        return "answer_late"
    if exchange.broken_by:
        return "answer_broken"
    if exchange.status in _REDIRECTS:
        return "answer_redirect"
    match exchange.status:
        case 200:
            return None
        case 401 | 403 | 404 | 407 | 429:
            foreign = "answer_not_found" if exchange.status == 404 else "answer_blocked"
            return _OURS.get((exchange.status, exchange.body), foreign)
        case status:
            return "answer_error" if status >= 500 else "answer_status"


def _echo(exchange: Exchange) -> str:
    """What became of echostr on its way."""
    body, echo = exchange.body, exchange.echo
    bare = body.strip()
    if body == echo:
        return "echo_ok"
    if not bare:
        return "echo_empty"
    if body.startswith(_BOM) and body.removeprefix(_BOM).strip() == echo:
        return "echo_bom"
    if bare == echo:
        return "echo_blank"
    if bare in {b'"%b"' % echo, b"'%b'" % echo}:
        return "echo_quotes"
    if exchange.is_html or bare.startswith(b"<"):
        return "echo_html" if echo in body else "echo_page"
    return "echo_other"


async def _forged(caller: Caller, name: str, spans: Spans) -> Finding:
    exchange = await caller.shake_hands(is_forged=True, limit_s=spans.window_s)
    if exchange.status == 403:
        return _say("forged_ok", name)
    if not exchange.status:
        return _about(_no_success(exchange) or "answer_broken", name, exchange, spans)
    return _say("forged_accepted", name, status=exchange.status)


async def _pushes(caller: Caller, name: str, spans: Spans) -> Findings:
    times_s = []
    for number in range(_SAMPLES):
        # Another link each time, so that no two are repeats of one push.
        tap = pushes.view(f"https://example.com/{number}")
        exchange, is_accepted = await caller.push(tap, limit_s=spans.window_s)
        if not is_accepted or exchange.body != b"success":
            return (_about(_no_success(exchange) or "push_wrong", name, exchange, spans),)
        times_s.append(exchange.elapsed_s)
    median_s = statistics.median(times_s)
    speed = "speed_slow" if median_s > spans.slow_s else "speed_ok"
    return (
        _say("push_ok", name, mode=caller.mode.value),
        _say(speed, name, median_ms=median_s * 1000),
    )


async def _hold(caller: Caller, name: str, spans: Spans) -> Finding:
    """Whether a request that is not answered stays open until WeChat would cut it."""
    exchange, _ = await caller.push(pushes.event(HOLD_PROBE_EVENT), limit_s=spans.hold_s)
    if exchange.is_late:
        return _say("hold_ok", name, limit_s=spans.window_s)
    code = "hold_error"
    if exchange.broken_by:
        code = "hold_cut"
    elif exchange.status == 200 and exchange.body == b"success":
        code = "hold_early"
    return _about(code, name, exchange, spans)


def callback_urls(
    url: str, accounts: tuple[AccountSettings, ...]
) -> Iterator[tuple[str, AccountSettings]]:
    """The address of each account; an address that names one already means that one alone."""
    for account in accounts:
        if url.endswith(f"/wechat/{account.name}"):
            yield url, account
            return
    for account in accounts:
        yield f"{url}/wechat/{account.name}", account
