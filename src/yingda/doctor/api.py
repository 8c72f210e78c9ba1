"""WeChat's server API of one account: whether its AppID and AppSecret bring a token.

Asks for the token that every process shares, and forces no other, so that a running server is not
disturbed. Keeps nothing.
"""

from yingda.clock import Clock
from yingda.config.values import AccountSettings
from yingda.doctor.base import Finding, Findings, Subject
from yingda.doctor.texts import finding
from yingda.errors import ApiKind, ApiRefused, WechatApiError
from yingda.wechat.api import WechatApi
from yingda.wechat.api_base import KeptToken
from yingda.wechat.api_errors import advice_for
from yingda.wechat.api_http import HttpApiTransport, HttpSettings
from yingda.wechat.api_mends import UNKNOWN
from yingda.wechat.api_token import Credentials


class _NoVault:
    """Implements `TokenVault` for one look: nothing is kept, and nobody else fetches."""

    async def kept_token(self, _app_id: str) -> KeptToken | None:
        return None

    async def lease_token(self, _app_id: str, *, at: float, until: float) -> int | None:
        return int(at < until)

    async def keep_token(self, _app_id: str, _lease: int, _token: KeptToken) -> bool:
        return True

    async def end_lease(self, _app_id: str, _lease: int) -> None:
        """There is none."""


async def check_api(account: AccountSettings, clock: Clock) -> Findings:
    """What WeChat says to the account's AppSecret; nothing for an account that has none."""
    if not account.app_id or not account.app_secret:
        return ()
    transport = HttpApiTransport(HttpSettings(base_url=account.api_base), clock)
    credentials = Credentials(account.app_id, account.app_secret)
    api = WechatApi(credentials, transport, _NoVault(), clock)
    try:
        await api.check_token()
    except ApiRefused as refused:
        return (_refused(account, refused),)
    except WechatApiError:
        base = account.api_base
        return (finding(Subject.API, "api_unreachable", account.name, api_base=base),)
    finally:
        await api.aclose()
    return (finding(Subject.API, "api_ok", account.name),)


def _refused(account: AccountSettings, refused: ApiRefused) -> Finding:
    said, mend = advice_for(refused)
    mend = mend or UNKNOWN.mend or said
    return finding(
        Subject.API,
        "api_busy" if refused.kind is ApiKind.BUSY else "api_refused",
        account.name,
        errcode="–" if refused.code is None else refused.code,
        reason_zh=said.zh,
        reason_en=said.en,
        mend_zh=mend.zh,
        mend_en=mend.en,
    )
