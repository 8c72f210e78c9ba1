"""Reason and mend for what is set wrongly about who answers: stand-ins, models, shares.

A part of `config.texts`, whose rules hold here too: no sentence quotes a value.
"""

from collections.abc import Mapping

from yingda.config.advice import Advice
from yingda.texts import Sentence

#: Code → advice.
ROUTING_ADVICE: Mapping[str, Advice] = {
    "fallback_itself": Advice(
        Sentence("备用里写了它自己", "it names itself to stand in"),
        Sentence("请删掉它自己，只写别的模型服务。", "Remove it; name other providers only."),
    ),
    "fallback_twice": Advice(
        Sentence("备用里有一个写了两次", "it names one provider twice"),
        Sentence("每个只写一次，按先后顺序。", "Name each once, in the order to try them."),
    ),
    "fallback_echo": Advice(
        Sentence(
            "备用里有 echo，关注者会收到自己的问题，而不是回答",
            "an echo stands in: followers would read their own question for an answer",
        ),
        Sentence(
            "请换成真正的模型服务，或删掉它；没有备用时，关注者会看到一句清楚的说明。",
            "Name a real provider, or remove it: with none, followers read a clear sentence.",
        ),
    ),
    "models_too_many": Advice(
        Sentence("可选的模型太多", "there are too many models"),
        Sentence("请留下最多 {most} 个。", "Keep at most {most}."),
    ),
    "model_name": Advice(
        Sentence("这个显示名不能用", "this cannot be a model's shown name"),
        Sentence(
            "请用 1 到 {most} 个看得见的字，写在一行。",
            "Use 1 to {most} visible characters on one line.",
        ),
    ),
    "model_name_twice": Advice(
        Sentence("有两个显示名是一样的", "two models are shown by the same name"),
        Sentence(
            "请改掉一个（不分大小写、空格和全半角）。",
            "Change one of them (case, blanks and width make no difference).",
        ),
    ),
    "provider_not_first": Advice(
        Sentence("它不是可选模型里的第一个", "it is not the first of the models"),
        Sentence(
            "没有选过的人由第一个回答：请删掉这一行，或把它移到 {other} 的最前面。",
            "Who has not chosen is answered by the first: remove this line, or move it to the "
            "top of {other}.",
        ),
    ),
    "provider_without_question": Advice(
        Sentence("这里不问 AI，用不到 provider", "nobody is asked here, so it names nobody"),
        Sentence(
            "请删掉它；provider 只和 question 或 ask 一起写。",
            "Remove it: provider goes with question or ask alone.",
        ),
    ),
    "split_empty": Advice(
        Sentence("没有一个份额大于 0", "no share is above 0"),
        Sentence(
            "请至少给一个模型服务大于 0 的份额，或删掉它。",
            "Give at least one provider a share above 0, or remove it.",
        ),
    ),
    "ask_without_text": Advice(
        Sentence("这里没有关注者写的文字可问", "there is no text of a follower's here to ask"),
        Sentence(
            "ask 只用于规则；请改用 question，写上要问的内容。",
            "ask is for rules alone; write question with the words to be asked.",
        ),
    ),
}
