"""WeChat's server API of one account: whether its AppID and AppSecret bring a token.

Asks for the token that every process shares, and forces no other, so that a running server is not
disturbed. Keeps nothing beyond the look.
"""

from yingda.clock import Clock
from yingda.config.values import AccountSettings
from yingda.doctor.base import Finding, Findings, Subject
from yingda.doctor.texts import finding
from yingda.errors import ApiKind, ApiRefused, WechatApiError
from yingda.wechat.api import WechatApi
from yingda.wechat.api_errors import advice_for
from yingda.wechat.api_http import HttpApiTransport, HttpSettings
from yingda.wechat.api_mends import UNKNOWN
from yingda.wechat.api_token import Credentials
from yingda.wechat.api_vault import OwnVault


async def check_api(account: AccountSettings, clock: Clock) -> Findings:
    """What WeChat says to the account's AppSecret; nothing for an account that has none."""
    if not account.app_id or not account.app_secret:
        return ()
    transport = HttpApiTransport(HttpSettings(base_url=account.api_base), clock)
    credentials = Credentials(account.app_id, account.app_secret)
    api = WechatApi(credentials, transport, OwnVault(), clock)
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
