"""What `yingda migrate` says, in Chinese and English."""

from collections.abc import Mapping

from yingda.store.moving_base import Reason, Step
from yingda.texts import Language, Sentence

SENTENCES: Mapping[str, Sentence] = {
    "begin": Sentence("从 {source} 搬到 {target}。", "Moving {source} to {target}."),
    Step.COPY: Sentence("复制", "copying"),
    Step.VERIFY: Sentence("核对", "checking"),
    "step": Sentence("{step} {table}：完成 {percent}%", "{step} {table}: {percent} % done"),
    "same": Sentence("一致", "same"),
    "total": Sentence("合计", "total"),
    "next": Sentence(
        "全部搬好，逐表核对过。接下来：\n"
        "1. 把 database_url（或 YINGDA_DATABASE_URL）改成{url}。\n"
        "2. 启动 yingda serve。\n"
        "3. {source} 原样未动，用着没问题之前先留着它。",
        "Everything was moved, and every table compared. What to do next:\n"
        "1. Set database_url (or YINGDA_DATABASE_URL) to {url}.\n"
        "2. Start yingda serve.\n"
        "3. {source} stays as it was; keep it until you are satisfied.",
    ),
    # A URL of PostgreSQL may hold a password, so it is not written out.
    "as_written": Sentence(" --to 写的地址", "what you wrote for --to"),
    "as_url": Sentence(" {url}", "{url}"),
    "same_kind": Sentence(
        "{source} 和 {target} 是同一种数据库；这里只在 SQLite 和 PostgreSQL 之间搬。"
        "SQLite 请先停下 yingda，再复制文件；PostgreSQL 请用 pg_dump。"
        "--from 不写时，取的是配置里的数据库。",
        "{source} and {target} are databases of one kind, and this moves between SQLite and"
        " PostgreSQL. For SQLite stop yingda and copy the file; for PostgreSQL use pg_dump. Without"
        " --from, it is the database of the settings.",
    ),
    Reason.NO_SOURCE: Sentence(
        "{source} 里没有 yingda 的数据。请检查 --from；不写时，取的是配置里的数据库。",
        "There is no data of yingda in {source}. Check --from; without it, it is the database of"
        " the settings.",
    ),
    Reason.SOURCE_IS_USED: Sentence(
        "有一个 yingda 正在用 {source}。请先停下它，再搬一次：搬的时候收下的问题会丢。",
        "A running yingda uses {source}. Stop it first, and begin again: questions that came in"
        " meanwhile would be lost.",
    ),
    Reason.TARGET_IS_USED: Sentence(
        "有一个 yingda 正在用 {target}。请先停下它，再搬一次。",
        "A running yingda uses {target}. Stop it first, and begin again.",
    ),
    Reason.TARGET_IS_FULL: Sentence(
        "{target} 里已经有数据（{what}），不会覆盖。请换一个空库；"
        "若里面的不要了，先删掉这个库再重新建。",
        "{target} holds data already ({what}), and none of it is overwritten. Name an empty"
        " database; if nobody needs what is in this one, drop it and make it anew.",
    ),
    Reason.UNFIT_VALUE: Sentence(
        "{what} 这一列里有一个值存不进去，什么都没有改动。请报告这个问题，附上列名。",
        "A value in the column {what} cannot be kept there. Nothing was changed. Report this, with"
        " the column's name.",
    ),
    Reason.DIFFERENCE: Sentence(
        "表 {what} 搬过去以后和原来的不一样，所以什么都没有改动。"
        "请再试一次；还是这样就报告这个问题。",
        "The table {what} differs from what it was, so nothing was changed. Try again, and report"
        " this if it happens again.",
    ),
}
#: What stands above a column of the table.
HEADINGS: Mapping[str, Sentence] = {
    "table": Sentence("表", "table"),
    "rows": Sentence("行数", "rows"),
    "checksum": Sentence("校验", "checksum"),
    "time": Sentence("用时（秒）", "time (s)"),
}


def say(language: Language, key: str, **values: str) -> str:
    """The sentence of `key`."""
    return SENTENCES[key].within(language).format(**values)
