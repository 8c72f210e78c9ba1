"""One account's access token: kept in the store, fetched once for all processes.

Knows the stable_token call, when a token is due, and which token is to blame when one is refused.
Refuses to know what tokens are used for. Official pages: getStableAccessToken, getAccessToken.
"""

import asyncio
from typing import Final

import msgspec
import structlog

from yingda.clock import Clock
from yingda.errors import ApiKind, ApiRefused, ApiUnreachable, WechatApiError
from yingda.wechat.api_base import ApiRequest, ApiTransport, KeptToken, TokenVault
from yingda.wechat.api_errors import JsonObject, values_of
from yingda.wechat.api_mends import ADDRESS_MEND

_log = structlog.get_logger()

_PATH: Final = "/cgi-bin/stable_token"
#: WeChat makes a new token from 5 min before the old one's end, and both are good until then.
_OVERLAP_S: Final = 300.0
#: The least time between two fetches, whatever WeChat says of a token's life. Our choice.
_LEAST_LIFE_S: Final = 30.0
#: How long a process may take for a fetch before another one takes over. Our choice: above the
#: transport's deadlines for two hosts.
_LEASE_S: Final = 20.0
#: How long to wait for another process: until the lease of a dead one has run out, and a little.
_WAIT_S: Final = _LEASE_S + 2.0
#: How often those who wait for another process look. Our choice: a fetch takes some 100 ms.
_LOOK_EVERY_S: Final = 0.1
#: How long a failed fetch is remembered, so that a wrong secret is not tried with every message.
#: Our choice: a mended IP list takes minutes to work anyway.
_FAILURE_LASTS_S: Final = 10.0
#: Official page: a forced refresh at most 20 times a day, 30 s apart.
_FORCE_EVERY_S: Final = 30.0
_FORCE_DAILY: Final = 20
#: WeChat counts days by China's time, which knows no daylight saving.
_CHINA_OFFSET_S: Final = 8 * 3600.0
_DAY_S: Final = 86_400.0


class Credentials(msgspec.Struct, frozen=True):
    """What an account fetches its token with."""

    app_id: str
    app_secret: str

    def __repr__(self) -> str:
        return f"Credentials(app_id={self.app_id!r}, app_secret=…)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """What rich shows: as little as `repr`."""
        return [("app_id", self.app_id)]


class TokenKeeper:
    """Hands out the account's token; safe to use from many tasks of one event loop at once."""

    def __init__(
        self, credentials: Credentials, transport: ApiTransport, vault: TokenVault, clock: Clock
    ) -> None:
        self._credentials = credentials
        self._transport = transport
        self._vault = vault
        self._clock = clock
        self._kept: KeptToken | None = None
        self._renewal: asyncio.Task[KeptToken] | None = None
        self._failure: ApiRefused | None = None
        self._failed_at_s = 0.0

    async def current(self) -> str:
        """A token that should be good. Raises a `WechatApiError` when none can be had."""
        kept = self._kept
        if kept is not None and self._clock.now() < kept.refresh_at:
            return kept.value
        return (await self._renewed(None)).value

    async def after(self, failed: str) -> str:
        """Another token than `failed`, which WeChat has refused.

        Raises a `WechatApiError` when none can be had.
        """
        kept = await self._renewed(failed)
        if kept.value == failed:
            # A renewal that was under way when the token was refused knew nothing of it.
            kept = await self._renewed(failed)
        return kept.value

    async def aclose(self) -> None:
        """Give a renewal up."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait([self._renewal])

    async def _renewed(self, failed: str | None) -> KeptToken:
        """One renewal for all who wait, that none of them can cancel."""
        if self._renewal is None:
            self._raise_recent_failure()
            self._renewal = asyncio.create_task(self._renew(failed))
            self._renewal.add_done_callback(self._end_renewal)
        return await asyncio.shield(self._renewal)

    def _end_renewal(self, renewal: "asyncio.Task[KeptToken]") -> None:
        self._renewal = None
        if renewal.cancelled():
            return
        error = renewal.exception()
        if error is None:
            self._kept = renewal.result()
        elif isinstance(error, ApiRefused) and error.kind is not ApiKind.BUSY:
            self._failure, self._failed_at_s = error, self._clock.monotonic()

    def _raise_recent_failure(self) -> None:
        failure = self._failure
        if failure is None:
            return
        if self._clock.monotonic() < self._failed_at_s + _FAILURE_LASTS_S:
            raise failure.with_traceback(None)
        self._failure = None

    async def _renew(self, failed: str | None) -> KeptToken:
        app_id = self._credentials.app_id
        give_up_s = self._clock.monotonic() + _WAIT_S
        while self._clock.monotonic() <= give_up_s:
            kept = await self._vault.kept_token(app_id)
            now = self._clock.now()
            if kept is not None and kept.value != failed and now < kept.refresh_at:
                return kept
            lease = await self._vault.lease_token(app_id, at=now, until=now + _LEASE_S)
            if lease is not None:
                return await self._fetched(lease, failed)
            if kept is not None and kept.value != failed and now < kept.expires_at:
                # Somebody fetches the next one; this one is good until then.
                return _tried_again_later(kept, now)
            await self._clock.sleep(_LOOK_EVERY_S)
        raise ApiUnreachable("another process does not get an access token", was_sent=False)

    async def _fetched(self, lease: int, failed: str | None) -> KeptToken:
        app_id = self._credentials.app_id
        # Between the look and the lease somebody may have ended a fetch.
        former = await self._vault.kept_token(app_id)
        now = self._clock.now()
        is_good = former is not None and former.value != failed and now < former.expires_at
        try:
            if former is not None and is_good and now < former.refresh_at:
                return former
            fetched = await self._fetch(former, failed)
            await self._vault.keep_token(app_id, lease, fetched)
        except WechatApiError as error:
            if former is None or not is_good:
                raise
            _log.warning("token_kept", reason=error.detail, mend=error.mend)
            return _tried_again_later(former, now)
        finally:
            # Does nothing after the token was kept. Of a process that dies the lease runs out.
            await self._vault.end_lease(app_id, lease)
        return fetched

    async def _fetch(self, former: KeptToken | None, failed: str | None) -> KeptToken:
        """Ask for the token; force another one only if WeChat insists on the one that failed."""
        token = await self._ask(former, forced=False)
        if token.value != failed:
            return token
        now = self._clock.now()
        count = _forced_today(former, now)
        last_s = former.forced_at if former is not None else 0.0
        if count >= _FORCE_DAILY or 0 <= now - last_s < _FORCE_EVERY_S:
            raise ApiRefused(
                "WeChat refuses the access token that it gives, and no other may be forced yet",
                kind=ApiKind.TOKEN,
                mend="See whether another program forces new tokens for the same AppID.",
            )
        _log.warning("token_forced", app_id=self._credentials.app_id, today=count + 1)
        forced = await self._ask(former, forced=True)
        return msgspec.structs.replace(forced, forced_at=now, forced_count=count + 1)

    async def _ask(self, former: KeptToken | None, *, forced: bool) -> KeptToken:
        body = {
            "grant_type": "client_credential",
            "appid": self._credentials.app_id,
            "secret": self._credentials.app_secret,
            "force_refresh": forced,
        }
        request = ApiRequest(method="POST", path=_PATH, body=msgspec.json.encode(body))
        asked_at = self._clock.now()
        values = values_of(await self._transport.send(request), for_token=True)
        return _token_from(values, asked_at, former)


def _token_from(values: JsonObject, asked_at: float, former: KeptToken | None) -> KeptToken:
    value, life_s = values.get("access_token"), values.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(life_s, int | float):
        raise ApiRefused("WeChat's answer names no access token", mend=ADDRESS_MEND.en)
    return KeptToken(
        value=value,
        # A life within the overlap is used up to its half.
        refresh_at=asked_at + max(life_s - _OVERLAP_S, life_s / 2, _LEAST_LIFE_S),
        expires_at=asked_at + life_s,
        forced_at=former.forced_at if former is not None else 0.0,
        forced_count=former.forced_count if former is not None else 0,
    )


def _tried_again_later(kept: KeptToken, now: float) -> KeptToken:
    """The token, for this process to use a little longer."""
    return msgspec.structs.replace(kept, refresh_at=min(now + _LEAST_LIFE_S, kept.expires_at))


def _forced_today(former: KeptToken | None, now: float) -> int:
    if former is None or _day(former.forced_at) != _day(now):
        return 0
    return former.forced_count


def _day(at: float) -> int:
    return int((at + _CHINA_OFFSET_S) // _DAY_S)
