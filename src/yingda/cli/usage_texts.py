"""What `yingda usage` says, in Chinese and English."""

from collections.abc import Mapping

from yingda.texts import Language, Sentence

SENTENCES: Mapping[str, Sentence] = {
    "no_account": Sentence(
        "没有这个账号；--account 可以是：{known}。", "There is no such account; --account: {known}."
    ),
    "no_database": Sentence(
        "{path} 还没有数据库。先用同样的配置运行一次 yingda serve。",
        "There is no database at {path} yet. Run yingda serve with the same settings first.",
    ),
    "no_date": Sentence(
        "{option} 要写成 2026-11-01 这样的日期。", "Write {option} as a day such as 2026-11-01."
    ),
    "no_days": Sentence(
        "{since} 在 {until} 之后；请对调 --since 和 --until。",
        "{since} is after {until}; change --since or --until.",
    ),
    "too_many_days": Sentence(
        "按天最多列 {most} 天；请缩短范围，或用 --by account。",
        "At most {most} days can be listed; take fewer, or use --by account.",
    ),
    "title": Sentence("{since} 到 {until}", "{since} to {until}"),
    "nothing": Sentence("这段时间没有提问。", "Nothing was asked in that time."),
    "total": Sentence("合计", "total"),
    "times": Sentence(
        "用时是回答成功的：一半在第一个数以内，95% 在第二个数以内。",
        "Times are those of answered questions: half took no longer than the first number, 95 % "
        "no longer than the second.",
    ),
}
#: What stands above a column of the table.
HEADINGS: Mapping[str, Sentence] = {
    "day": Sentence("日期", "day"),
    "account": Sentence("账号", "account"),
    "provider": Sentence("模型服务", "provider"),
    "follower": Sentence("粉丝（代号）", "follower"),
    "openid": Sentence("openid", "openid"),
    "turns": Sentence("提问", "questions"),
    "failed": Sentence("失败", "failed"),
    "cancelled": Sentence("取消", "cancelled"),
    "prompt_tokens": Sentence("输入 token", "tokens in"),
    "completion_tokens": Sentence("输出 token", "tokens out"),
    "price": Sentence("费用", "price"),
    "first_text_s": Sentence("首字（秒）", "first text (s)"),
    "answer_s": Sentence("答完（秒）", "answer (s)"),
}


def say(language: Language, key: str, **values: str) -> str:
    """The sentence of `key`."""
    return SENTENCES[key].within(language).format(**values)
