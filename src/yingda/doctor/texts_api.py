"""The doctor's sentences about WeChat's server API, by the code of their finding.

What WeChat's own error codes mean stands in `wechat.api_mends`; `{reason_…}` and `{mend_…}` bring
it here.
"""

from collections.abc import Mapping
from typing import Final

from yingda.doctor.base import Entry, Status
from yingda.texts import Sentence

ENTRIES: Final[Mapping[str, Entry]] = {
    "api_ok": Entry(
        Status.OK,
        Sentence("AppID 和 AppSecret 有效，拿到了 token", "AppID and AppSecret bring a token"),
    ),
    "api_refused": Entry(
        Status.FAILED,
        Sentence(
            "微信不给 token：{reason_zh}（{errcode}）",
            "WeChat gives no token: {reason_en} ({errcode})",
        ),
        Sentence("{mend_zh}", "{mend_en}"),
    ),
    "api_busy": Entry(
        Status.WARNING,
        Sentence(
            "微信这会儿不给 token：{reason_zh}（{errcode}）",
            "WeChat gives no token just now: {reason_en} ({errcode})",
        ),
        Sentence("稍后再试一次。", "Try again a little later."),
    ),
    "api_unreachable": Entry(
        Status.FAILED,
        Sentence("连不上微信接口 {api_base}", "WeChat's API is not reached at {api_base}"),
        Sentence(
            "检查这台机器的 DNS、出网和代理；要能访问 {api_base} 的 443 端口。",
            "Look at this machine's DNS, way out and proxy: {api_base} has to be reached.",
        ),
    ),
}
