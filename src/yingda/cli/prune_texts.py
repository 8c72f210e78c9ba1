"""What `yingda prune` says, in Chinese and English."""

from collections.abc import Mapping

from yingda.texts import Language, Sentence

SENTENCES: Mapping[str, Sentence] = {
    "no_months": Sentence(
        "没有说保留几个月：请设置 keep_months，或加上 --keep-months 6 这样的选项。",
        "Nothing says how many months to keep: set keep_months, or add such as --keep-months 6.",
    ),
    "no_database": Sentence(
        "{path} 还没有数据库，没有可清理的。",
        "There is no database at {path} yet, and nothing to remove.",
    ),
    "title": Sentence(
        "{day}（UTC）之前的记录，保留 {months} 个整月和本月：",
        "What came before {day} (UTC), with {months} whole months and the present one kept:",
    ),
    "month": Sentence(
        "{month}  {turns} 个问题，{chars} 字；另有 {kept} 个留下",
        "{month}  {turns} questions, {chars} characters; {kept} more stay",
    ),
    "nothing": Sentence("没有更早的问题。", "No question is older."),
    "pushes": Sentence("{pushes} 条收到的消息", "{pushes} messages that came in"),
    "stay": Sentence(
        "留下的是还没答完、没取完的，或等着删除、等着告诉模型服务评价的。",
        "Those stay that are not answered or not fetched, whose follower's texts are to be erased, "
        "or whose rating is to be told.",
    ),
    "dry_run": Sentence(
        "只是看看，什么都没有删。去掉 --dry-run 才会删除。",
        "This was a look; nothing was removed. Leave out --dry-run to remove it.",
    ),
    "done": Sentence(
        "已删除 {turns} 个问题和 {pushes} 条消息。",
        "Removed: {turns} questions and {pushes} messages.",
    ),
}


def say(language: Language, key: str, **values: str) -> str:
    """The sentence of `key`."""
    return SENTENCES[key].within(language).format(**values)
