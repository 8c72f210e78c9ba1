"""What an operator reads when a provider's own settings cannot be used.

A part of `config.texts`. `{other}` is filled in from our own names only.
"""

from collections.abc import Mapping

from yingda.config.advice import Advice
from yingda.texts import Sentence

PROVIDERS_ADVICE: Mapping[str, Advice] = {
    "key_of_other_kind": Advice(
        Sentence("这类模型服务没有这个设置项", "a provider of this kind has no such setting"),
        Sentence(
            "请删掉它；它只用于 kind = {other}。",
            "Remove it: it is for kind = {other} alone.",
        ),
    ),
    "header_name": Advice(
        Sentence("这里的名字不是可以自己设的请求头", "a name here is no header that can be set"),
        Sentence(
            "名字只用英文字母、数字和连字符，不能以 Content- 开头。",
            "Use letters, digits and hyphens; names that begin with Content- are taken.",
        ),
    ),
    "extra_body_taken": Advice(
        Sentence("这些由应答自己填写：{other}", "these are written by Yingda itself: {other}"),
        Sentence(
            "请从这里删掉；model 有自己的设置项。",
            "Take them out here; `model` is a setting of its own.",
        ),
    ),
}
