"""The doctor's sentences about what accounts spend, by the code of their finding."""

from collections.abc import Mapping
from typing import Final

from yingda.doctor.base import Entry, Status
from yingda.texts import Sentence

ENTRIES: Final[Mapping[str, Entry]] = {
    "spending_unbound": Entry(
        Status.OK, Sentence("{month} 已花 {spent}", "{spent} spent in {month}")
    ),
    "spending_within": Entry(
        Status.OK,
        Sentence("{month} 已花 {spent}，预算 {budget}", "{spent} of {budget} spent in {month}"),
    ),
    "spending_much": Entry(
        Status.WARNING,
        Sentence(
            "{month} 已花 {spent}，预算 {budget}，快用完了",
            "{spent} of {budget} spent in {month}: little is left",
        ),
        Sentence(
            "用 yingda usage --by follower 看看谁用得多；需要就调高 monthly_budget。",
            "See with yingda usage --by follower who uses much; raise monthly_budget if you like.",
        ),
    ),
    "spending_all": Entry(
        Status.WARNING,
        Sentence(
            "{month} 已花 {spent}，预算 {budget} 用完了，新问题不收",
            "{spent} spent in {month}, the budget of {budget} is used up: no question is taken",
        ),
        Sentence(
            "下个月自动恢复；要马上恢复，请调高 monthly_budget 并重启。",
            "It begins anew next month; to go on now, raise monthly_budget and restart.",
        ),
    ),
    "spending_uncounted": Entry(
        Status.WARNING,
        Sentence(
            "{month} 还花了 {spent}，货币不同，没有计入预算",
            "another {spent} was spent in {month}: other currencies do not count for the budget",
        ),
        Sentence(
            "请把 budget_currency 改成这种货币，或给模型服务设置同种货币的价格。",
            "Set budget_currency to that currency, or give the provider prices in the budget's.",
        ),
    ),
}
