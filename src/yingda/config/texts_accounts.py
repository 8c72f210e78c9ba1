"""What an operator reads when an account or its words cannot be used.

A part of `config.texts`, whose rules hold here too: no sentence quotes a value.
"""

from collections.abc import Mapping

from yingda.config.advice import Advice
from yingda.texts import Sentence

#: Code → advice.
ACCOUNT_ADVICE: Mapping[str, Advice] = {
    # Accounts and providers
    "no_account": Advice(
        Sentence("没有配置公众号", "no account is set up"),
        Sentence(
            "至少设置 YINGDA_WECHAT_TOKEN 和 YINGDA_DIFY_API_KEY；不用 Dify 时，后者换成"
            " YINGDA_OPENAI_BASE_URL 和 YINGDA_OPENAI_MODEL，只想试用就设"
            " YINGDA_PROVIDER=echo。也可以用 --config 指定配置文件。",
            "At least set YINGDA_WECHAT_TOKEN and YINGDA_DIFY_API_KEY; without Dify, set "
            "YINGDA_OPENAI_BASE_URL and YINGDA_OPENAI_MODEL in its place, or YINGDA_PROVIDER=echo "
            "to try it. Or name a file with --config.",
        ),
    ),
    "name_format": Advice(
        Sentence(
            "名字会出现在网址里，这个写法不行", "the name stands in addresses, and this one cannot"
        ),
        Sentence(
            "只用小写字母、数字、_ 和 -，最多 {most} 个。",
            "Use a-z, 0-9, _ and - only, at most {most} characters.",
        ),
    ),
    "provider_missing": Advice(
        Sentence("没有指定模型服务", "it has no provider"),
        Sentence(
            "请设置它（已有：{known}），或设置 YINGDA_DIFY_API_KEY；试用可设"
            " YINGDA_PROVIDER=echo。",
            "Set it (known: {known}), or set YINGDA_DIFY_API_KEY; YINGDA_PROVIDER=echo needs no "
            "key.",
        ),
    ),
    "provider_unknown": Advice(
        Sentence("没有这个名字的模型服务", "there is no provider of this name"),
        Sentence("已有：{known}。", "Known: {known}."),
    ),
    "push_without_secret": Advice(
        Sentence(
            "mode 设为 push，却没有 AppID 或 AppSecret",
            "mode is push, but AppID or AppSecret is missing",
        ),
        Sentence(
            "主动发消息要用它，请从公众号后台复制到 {other}；没有认证的公众号请用 mode = auto。",
            "Messages are sent with it: copy it from the account's console to {other}. An account "
            "that is not verified uses mode = auto.",
        ),
    ),
    "key_without_app_id": Advice(
        Sentence(
            "设置了 EncodingAESKey，却没有 app_id",
            "an EncodingAESKey is set, and no app_id beside it",
        ),
        Sentence(
            "加密消息要用 AppID 校验，请从公众号后台复制到 {other}。",
            "Encrypted messages are verified with it: copy the AppID from the account's console "
            "to {other}.",
        ),
    ),
    "previous_without_key": Advice(
        Sentence(
            "设置了旧的 EncodingAESKey，却没有现在的",
            "the previous EncodingAESKey is set, and not the current one",
        ),
        Sentence("请把现在的填到 {other}。", "Set the current one at {other}."),
    ),
    "pickup_word": Advice(
        Sentence("取回口令不能用", "this cannot be the pickup word"),
        Sentence(
            "请用 1 到 {most} 个字，不含空白和 #，也不以 / 开头。",
            "Use 1 to {most} characters, without blanks and #, and no / at the start.",
        ),
    ),
    "openid": Advice(
        Sentence("里面有的不是 openid", "not all of it are openids"),
        Sentence(
            "openid 由字母、数字、“_”和“-”组成，一行一个，或用逗号隔开。",
            "Openids are made of letters, digits, `_` and `-`: one a line, or between commas.",
        ),
    ),
    "time_zone": Advice(
        Sentence("没有这个时区", "there is no such time zone"),
        Sentence("请写成 Asia/Shanghai 这样的名字。", "Write a name such as Asia/Shanghai."),
    ),
    "text_unknown": Advice(
        Sentence("没有这个键的句子", "there is no sentence of this key"),
        Sentence("请删掉它，或改成：{closest}。", "Remove it, or write: {closest}."),
    ),
    "text_placeholders": Advice(
        Sentence(
            "花括号不成对，或里面的名字不对、重复了",
            "its braces or the names in them do not fit, or a name stands there twice",
        ),
        Sentence(
            "这句可用：{allowed}，每个最多一次；要显示花括号本身，请写两遍。",
            "Allowed here, once each: {allowed}; write a brace twice to show it.",
        ),
    ),
    "text_too_long": Advice(
        Sentence("这句太长，会挤掉回答的正文", "it is too long and would leave answers no room"),
        Sentence(
            "请缩短到 {most} 字节以内（一个汉字占 3 字节，占位符按填满后的最大长度算）。",
            "Shorten it to {most} bytes; a Chinese character takes 3, and a placeholder counts as "
            "the longest that it can become.",
        ),
    ),
    "command_unknown": Advice(
        Sentence("没有这个命令", "there is no such command"),
        Sentence("可用：{known}。", "Known: {known}."),
    ),
    "command_word_too_long": Advice(
        Sentence("有一个词太长", "one of its words is too long"),
        Sentence("请用不超过 {most} 个字符的词。", "Use words of at most {most} characters."),
    ),
    "command_word_taken": Advice(
        Sentence("有一个词已经另有用处", "one of its words already means something else"),
        Sentence(
            "请换一个词；它与 {other} 重复（不分大小写和全半角）。",
            "Choose another one; it equals one of {other} (case and width make no difference).",
        ),
    ),
}
