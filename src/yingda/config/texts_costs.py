"""What an operator reads when prices or a budget cannot be used.

A part of `config.texts`, whose rules hold here too: no sentence quotes a value.
"""

from collections.abc import Mapping

from yingda.config.advice import Advice
from yingda.texts import Sentence

#: Code → advice.
COST_ADVICE: Mapping[str, Advice] = {
    "currency": Advice(
        Sentence("不是货币代码", "it is no currency"),
        Sentence("请写三个字母，如 CNY、USD。", "Write its three letters, such as CNY or USD."),
    ),
    "price_alone": Advice(
        Sentence("只写了一部分价格", "only a part of the prices is set"),
        Sentence(
            "请同时设置 {other}；不收费就写 0。", "Set {other} too; write 0 if it costs nothing."
        ),
    ),
    "budget_without_price": Advice(
        Sentence(
            "设置了预算，但模型服务没有价格，回答不会计入预算",
            "a budget is set, and a provider without prices answers: nothing counts for the budget",
        ),
        Sentence(
            "请按供应商的价目表设置 {other} 等价格。",
            "Set {other} and its siblings from the vendor's price list.",
        ),
    ),
    "budget_other_currency": Advice(
        Sentence(
            "预算的货币与模型服务价格的货币不同，回答不会计入预算",
            "the budget and a provider's prices are in different currencies: its answers do not "
            "count for the budget",
        ),
        Sentence(
            "请让 budget_currency 与 {other} 一致，价格按当前汇率换算。",
            "Make budget_currency and {other} the same, with prices at today's rate.",
        ),
    ),
}
