"""What an operator reads when a provider's own settings cannot be used.

A part of `config.texts`. `{other}` is filled in from our own names only.
"""

from collections.abc import Mapping

from yingda.config.advice import Advice
from yingda.texts import Sentence

PROVIDERS_ADVICE: Mapping[str, Advice] = {
    # Wishes that nobody meets
    "provider_unable": Advice(
        Sentence("写的这个模型服务做不了这件事", "the provider that it names cannot do this"),
        Sentence(
            "请换成 Dify 应用，或设置了 {other} 的 openai 类模型服务。",
            "Name a Dify app, or a provider of kind openai that has {other}.",
        ),
    ),
    "voice_answers_without_push": Advice(
        Sentence(
            "只有能主动发消息的公众号才能发语音回答，这里不会起作用",
            "only an account that may push sends recordings: nothing will come of it",
        ),
        Sentence(
            "请设置 app_id 和 app_secret，mode 不要用 passive；或者删掉这一项。",
            "Set app_id and app_secret, and no mode = passive; or remove it.",
        ),
    ),
    "nobody_speaks": Advice(
        Sentence(
            "回答问题的模型服务都不会朗读，这里不会起作用",
            "none of the providers that answer can speak: nothing will come of it",
        ),
        Sentence(
            "请给它设置 {other}，或用 speaker 写明由谁来读；不用就删掉。",
            "Set {other} there, or name one that can as speaker; or remove it.",
        ),
    ),
    "nobody_suggests": Advice(
        Sentence(
            "只有 Dify 应用会给出可以接着问的问题，这里不会起作用",
            "only Dify's apps suggest questions, and none answers here: nothing will come of it",
        ),
        Sentence("请删掉这一项。", "Remove it."),
    ),
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
