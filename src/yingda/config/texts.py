"""What an operator reads when settings cannot be used: reason and mend, in Chinese and English.

Knows sentences and how to list them. Knows no setting's rule, and no sentence here ever quotes a
value, for it may be a secret that was put in the wrong place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yingda.config.advice import Advice
from yingda.config.texts_accounts import ACCOUNT_ADVICE
from yingda.config.texts_costs import COST_ADVICE
from yingda.config.texts_duties import DUTIES_ADVICE
from yingda.config.texts_providers import PROVIDERS_ADVICE
from yingda.config.texts_routing import ROUTING_ADVICE
from yingda.texts import Language, Sentence


@dataclass(frozen=True)
class Problem:
    """One setting that cannot be used. `key` is the variable, option or TOML key to look at."""

    key: str
    reason: Sentence
    mend: Sentence


_REWRITE_KEY = Sentence("请到公众号后台重新复制。", "Copy it again from the account's console.")
_REPLACE = Sentence("请换成真实的值。", "Put the real value in its place.")

#: Code → advice. `{least}`, `{most}`, `{allowed}`, `{known}`, `{closest}`, `{line}` and `{other}`
#: are filled in from our own names and numbers only.
ADVICE: Mapping[str, Advice] = {
    **ACCOUNT_ADVICE,
    **COST_ADVICE,
    **DUTIES_ADVICE,
    **ROUTING_ADVICE,
    **PROVIDERS_ADVICE,
    # Any setting
    "missing": Advice(
        Sentence("没有设置，但必须有", "it is required and not set"),
        Sentence("请设置这一项。", "Set it."),
    ),
    "empty": Advice(
        Sentence("是空的", "it is empty"),
        Sentence("请填写，或删掉这一行。", "Give a value, or remove the line."),
    ),
    "unknown_key": Advice(
        Sentence("没有这个设置项", "there is no such setting"),
        Sentence("请删掉它，或改成：{closest}。", "Remove it, or write: {closest}."),
    ),
    "text": Advice(
        Sentence("应当是文字", "it must be text"),
        Sentence("请在 TOML 里用引号括起来。", "Put it in quotation marks in the TOML file."),
    ),
    "one_line": Advice(
        Sentence("中间有换行或不可见字符", "it has line breaks or invisible characters inside"),
        Sentence("请写成一行，去掉这些字符。", "Write it on one line, without them."),
    ),
    "not_utf8": Advice(
        Sentence("不是 UTF-8 编码", "it is not UTF-8"),
        Sentence("请用 UTF-8 编码保存或重新输入。", "Save it as UTF-8, or type it again."),
    ),
    "whole_number": Advice(
        Sentence("应当是整数", "it must be a whole number"),
        Sentence("只写数字，不带单位。", "Write digits alone, without a unit."),
    ),
    "number": Advice(
        Sentence("应当是数字", "it must be a number"),
        Sentence("只写数字，不带单位；秒数可以有小数。", "Write digits alone, without a unit."),
    ),
    "too_small": Advice(
        Sentence("太小", "it is too small"),
        Sentence("最小可以是 {least}。", "The least is {least}."),
    ),
    "too_large": Advice(
        Sentence("太大", "it is too large"),
        Sentence("最大可以是 {most}。", "The most is {most}."),
    ),
    "yes_or_no": Advice(
        Sentence("应当是 true 或 false", "it must be true or false"),
        Sentence("请写 true 或 false。", "Write true or false."),
    ),
    "choice": Advice(
        Sentence("不是可选的值", "it is none of the possible values"),
        Sentence("请从这些里选：{allowed}。", "Choose one of: {allowed}."),
    ),
    "table": Advice(
        Sentence("应当是一个 TOML 表", "it must be a TOML table"),
        Sentence(
            "请写成 [表名]，下面一行一项。", "Write [the.name], and its keys below, line by line."
        ),
    ),
    "list": Advice(
        Sentence("应当是一个列表", "it must be a list"),
        Sentence('请写成 ["一", "二"] 这样。', 'Write it like ["one", "two"].'),
    ),
    "template": Advice(
        Sentence(
            "花括号不成对，或里面的名字不认识", "its braces do not match or hold an unknown name"
        ),
        Sentence(
            "可用：{allowed}；要写花括号本身，请写两遍。",
            "Known here: {allowed}; write a brace twice to mean the brace itself.",
        ),
    ),
    "unusable": Advice(
        Sentence("这个值不能用", "this value cannot be used"),
        Sentence("请对照配置说明修改。", "See the configuration reference."),
    ),
    # The file
    "file_unreadable": Advice(
        Sentence("配置文件不存在或读不了", "the configuration file is missing or cannot be read"),
        Sentence("请检查路径和权限。", "Check its path and permissions."),
    ),
    "toml_syntax": Advice(
        Sentence("第 {line} 行附近不是正确的 TOML", "it is no valid TOML near line {line}"),
        Sentence(
            "请检查这一行：文字要用引号，同一项不能写两次。",
            "Check that line: text needs quotation marks, and no key may stand twice.",
        ),
    ),
    "unknown_variable": Advice(
        Sentence("没有这个变量，已忽略", "no such variable is known; it is ignored"),
        Sentence("请删掉它，或改成：{closest}。", "Remove it, or write: {closest}."),
    ),
    "no_effect": Advice(
        Sentence("这个变量没有起作用", "this variable has no effect"),
        Sentence(
            "账号 default 或它的模型服务用不到它；请删掉，或写进配置文件。",
            "The account `default` or its provider does not use it; remove it, or set it in the "
            "file.",
        ),
    ),
    # Secrets
    "reference_missing": Advice(
        Sentence("env: 指向的变量没有设置", "the variable that env: names is not set"),
        Sentence("请设置那个变量，或改正名字。", "Set that variable, or correct its name."),
    ),
    "reference_unreadable": Advice(
        Sentence("file: 指向的文件不存在或读不了", "the file that file: names cannot be read"),
        Sentence("请检查路径和权限。", "Check its path and permissions."),
    ),
    "reference_too_long": Advice(
        Sentence("file: 指向的文件太长", "the file that file: names is too long"),
        Sentence(
            "文件里只放这一个值，最多 {most} 个字符。",
            "Keep this one value in it, at most {most} characters.",
        ),
    ),
    "blank_inside": Advice(
        Sentence("中间有空格、换行或不可见字符", "it has blanks or invisible characters inside"),
        Sentence("请只粘贴值本身。", "Paste the value alone."),
    ),
    "sample": Advice(
        Sentence("这是示例值，不是真实的值", "this is a sample, not a real value"), _REPLACE
    ),
    "not_ascii": Advice(
        Sentence("含有英文字母、数字、符号以外的字符", "it has characters other than ASCII"),
        Sentence("请从原处重新复制。", "Copy it again from where it was issued."),
    ),
    "token_format": Advice(
        Sentence("Token 应当是 3 到 32 位英文字母或数字", "a token has 3 to 32 letters and digits"),
        Sentence(
            "请自己定一个符合要求的 Token，两边填成一样。",
            "Choose one, and enter the same here and in the account's console.",
        ),
    ),
    "aes_key_format": Advice(
        Sentence(
            "EncodingAESKey 应当正好是 {most} 位英文字母或数字",
            "an EncodingAESKey has exactly {most} letters and digits",
        ),
        _REWRITE_KEY,
    ),
    # Addresses
    "url": Advice(
        Sentence("不是完整的 http(s) 地址", "it is no complete http(s) address"),
        Sentence(
            "请写完整地址，例如 https://example.com；不带用户名、? 和 #。",
            "Write it whole, for example https://example.com; without a login, ? or #.",
        ),
    ),
    "proxy": Advice(
        Sentence("不是可用的代理地址", "it is no proxy that can be used"),
        Sentence(
            "例如 http://127.0.0.1:7890，可带 用户名:密码@；不支持 SOCKS；写 none 表示直连。",
            "For example http://127.0.0.1:7890, perhaps with user:password@; SOCKS is not "
            "supported; none goes there directly.",
        ),
    ),
    "host": Advice(
        Sentence(
            "应当是主机名或 IP，不带协议和路径", "it must be a host name or an IP address alone"
        ),
        Sentence("例如 127.0.0.1 或 0.0.0.0。", "For example 127.0.0.1 or 0.0.0.0."),
    ),
    "home_directory": Advice(
        Sentence("以 ~ 开头，这里不会展开", "it begins with ~, which is not expanded here"),
        Sentence("请写完整路径。", "Write the whole path."),
    ),
    "database_kind": Advice(
        Sentence("这里只能是 SQLite 或 PostgreSQL", "it is neither SQLite nor PostgreSQL"),
        Sentence(
            "请删掉这一项，或写成 sqlite:///文件路径，或 postgresql://用户:密码@主机:5432/库名。",
            "Remove it, or write sqlite:///path/to/file, or"
            " postgresql://user:password@host:5432/database.",
        ),
    ),
    "database_address": Advice(
        Sentence("地址不完整或读不懂", "the address is incomplete or cannot be read"),
        Sentence(
            "请写成 postgresql://用户:密码@主机:5432/库名；密码里的特殊字符写成 %XX。",
            "Write postgresql://user:password@host:5432/database, with special characters of the"
            " password as %XX.",
        ),
    ),
    "database_path": Advice(
        Sentence("没有数据库文件的路径", "it names no database file"),
        Sentence("请写成 sqlite:///文件路径。", "Write sqlite:///path/to/file."),
    ),
}


def problem(code: str, key: str, **values: object) -> Problem:
    """The problem of this code at this key, with its placeholders filled in."""
    advice = ADVICE[code]
    return Problem(key, advice.reason.filled(**values), advice.mend.filled(**values))


def preferred_language(environ: Mapping[str, str]) -> Language:
    """Chinese where the locale is, else English. Order of the variables: POSIX."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environ[name] for name in names if environ.get(name)), "")
    return Language.CHINESE if locale.lower().startswith("zh") else Language.ENGLISH


def describe(problems: Iterable[Problem], language: Language) -> str:
    """One line for each problem: key · reason · mend."""
    return "\n".join(
        f"{each.key} · {each.reason.within(language)} · {each.mend.within(language)}"
        for each in problems
    )
