"""The doctor's sentences about OpenAI-compatible servers, by the code of their finding.

`{reason}` is the server's own code, cut to letters, digits and a few signs.
"""

from collections.abc import Mapping
from typing import Final

from yingda.doctor.base import Entry, Status
from yingda.texts import Sentence

ENTRIES: Final[Mapping[str, Entry]] = {
    "model_ok": Entry(
        Status.OK,
        Sentence(
            "密钥有效，有模型「{model}」", "the key is good, and the model “{model}” is there"
        ),
    ),
    "model_unlisted": Entry(
        Status.WARNING,
        Sentence("列表里没有模型「{model}」", "the server's list has no model “{model}”"),
        Sentence(
            "核对 {model_setting} 的大小写和版本号；有的服务不列出全部模型，能答就不必改。",
            "Compare {model_setting} with the vendor's names; some servers do not list all of "
            "them, and if it answers, nothing is wrong.",
        ),
    ),
    "model_no_list": Entry(
        Status.OK,
        Sentence(
            "连得上；它不提供模型列表，密钥和模型要到第一次提问才知道对不对",
            "reached; it lists no models, so key and model show at the first question",
        ),
    ),
    "model_setting": Entry(
        Status.FAILED,
        Sentence("base_url 或 api_key 的写法不能用", "base_url or api_key cannot be used"),
        Sentence(
            "base_url 是 /chat/completions 之前的部分，例如 https://api.deepseek.com/v1；"
            "api_key 请重新复制。",
            "base_url is what stands before /chat/completions, such as "
            "https://api.deepseek.com/v1; copy api_key again.",
        ),
    ),
    "model_key": Entry(
        Status.FAILED,
        Sentence("服务不认这个密钥（{status}）", "the server does not know the key ({status})"),
        Sentence(
            "到厂商控制台新建或复制密钥，填入 {key_setting}；密钥只能用在发它的厂商和地域。",
            "Make or copy a key in the vendor's console and set {key_setting}; it is good with "
            "that vendor and in that region only.",
        ),
    ),
    "model_forbidden": Entry(
        Status.FAILED,
        Sentence("这个密钥没有权限（{status} {reason}）", "the key may not ({status} {reason})"),
        Sentence(
            "到厂商控制台开通模型、完成实名认证，或检查 IP 白名单。",
            "Open the model in the vendor's console, have your identity verified, or look at its "
            "list of allowed addresses.",
        ),
    ),
    "model_quota": Entry(
        Status.FAILED,
        Sentence(
            "余额或额度用完了（{status} {reason}）", "the quota is used up ({status} {reason})"
        ),
        Sentence(
            "到厂商控制台充值或调高限额。", "Top up in the vendor's console, or raise the limit."
        ),
    ),
    "model_busy": Entry(
        Status.WARNING,
        Sentence("服务说请求太多（{status} {reason}）", "the server is busy ({status} {reason})"),
        Sentence(
            "稍后再试；常出现时调低 concurrency，或向厂商申请更高的限速。",
            "Try again later; if it stays, lower concurrency or ask for a higher limit.",
        ),
    ),
    "model_failing": Entry(
        Status.FAILED,
        Sentence("模型服务器出错（{status} {reason}）", "the server fails ({status} {reason})"),
        Sentence("看模型服务的日志，或厂商的状态页。", "See its log, or the vendor's status page."),
    ),
    "model_address": Entry(
        Status.FAILED,
        Sentence(
            "这个地址答的不是 OpenAI 兼容接口（{status}）",
            "no OpenAI-compatible API answers there ({status})",
        ),
        Sentence(
            "把 {setting} 改成 /chat/completions 之前的部分，多半以 /v1 结尾，不要经过跳转。",
            "Set {setting} to what stands before /chat/completions, mostly with /v1 at its end, "
            "and not through a redirect.",
        ),
    ),
    "model_refused": Entry(
        Status.FAILED,
        Sentence("服务拒绝了查询（{status} {reason}）", "the server refused ({status} {reason})"),
        Sentence(
            "核对 {key_setting} 和 {setting}，再看服务自己的日志。",
            "Check {key_setting} and {setting}, then look at the server's own log.",
        ),
    ),
    "model_no_answer": Entry(
        Status.FAILED,
        Sentence("连得上，但没有得到完整的回答", "a connection stands, but no whole answer came"),
        Sentence(
            "查看模型服务的负载和日志，以及两者之间的代理。",
            "Look at the server's load and log, and at any proxy between.",
        ),
    ),
}
