"""Reason and mend for what is set wrongly in rules, menu, welcome and scenes.

A part of `config.texts`, whose rules hold here too: no sentence quotes a value.
"""

from collections.abc import Mapping

from yingda.config.advice import Advice
from yingda.texts import Sentence

_SHORTEN = Sentence(
    "请缩短到 {most} 字节以内（一个汉字占 3 字节）。",
    "Shorten it to {most} bytes; a Chinese character takes 3.",
)

#: Code → advice.
DUTIES_ADVICE: Mapping[str, Advice] = {
    "tables": Advice(
        Sentence("应当是一组 TOML 表", "it must be a list of TOML tables"),
        Sentence(
            "请用两层方括号开头，写成 [[表名]]，每一个各写一次。",
            "Write [[the.name]] in double brackets, once for each, and its keys below.",
        ),
    ),
    # Actions
    "action_missing": Advice(
        Sentence("没有说要做什么", "it does not say what is to be done"),
        Sentence("请写上其中一项：{known}。", "Give one of: {known}."),
    ),
    "action_twice": Advice(
        Sentence("写了不止一件要做的事", "it says more than one thing to do"),
        Sentence("只留其中一项：{known}。", "Keep one of: {known}."),
    ),
    "only_true": Advice(
        Sentence("这一项只能写 true", "this can only be true"),
        Sentence("请写 true，或删掉这一行。", "Write true, or remove the line."),
    ),
    "too_long": Advice(Sentence("太长", "it is too long"), _SHORTEN),
    "page_url": Advice(
        Sentence("不是完整的网页地址", "it is no complete address of a page"),
        Sentence(
            "请写完整地址，以 http:// 或 https:// 开头，中间没有空格。",
            "Write it whole, with http:// or https:// in front and no blanks inside.",
        ),
    ),
    "picture_source": Advice(
        Sentence("没有说是哪张图片", "it names no picture"),
        Sentence(
            "请写上 url（图片的网址）、file（本机文件）或 media_id 中的至少一项。",
            "Give at least one of url (its address), file (on this machine) or media_id.",
        ),
    ),
    "picture_kind": Advice(
        Sentence("微信不收这种图片文件", "WeChat takes no picture file of this kind"),
        Sentence("可用：{allowed}。", "Possible: {allowed}."),
    ),
    # Rules
    "match_missing": Advice(
        Sentence("没有说对哪些文字起作用", "it does not say which texts it is for"),
        Sentence("请写上其中一项：{known}。", "Give one of: {known}."),
    ),
    "match_twice": Advice(
        Sentence("写了不止一种匹配方式", "it has more than one way to match"),
        Sentence(
            "只留其中一项：{known}；其余的另写一条规则。",
            "Keep one of: {known}; write another rule for the rest.",
        ),
    ),
    "pattern": Advice(
        Sentence("这个正则表达式用不了", "this regular expression cannot be used"),
        Sentence(
            "请检查括号是否成对；不支持环视和反向引用（RE2 语法）；在 TOML 里请用单引号，"
            "反斜杠才不会变。",
            "Check its brackets; look-around and back references are not possible (RE2 syntax); "
            "single quotes in TOML leave backslashes as they are.",
        ),
    ),
    "rule_word_taken": Advice(
        Sentence(
            "有一个词轮不到规则：它另有用处", "one of its words never reaches a rule: it has a use"
        ),
        Sentence(
            "请换一个词；它与 {other} 相同（不分大小写和全半角）。",
            "Choose another one; it equals {other} (case and width make no difference).",
        ),
    ),
    # Menu
    "button_kind": Advice(
        Sentence("一个按钮要做且只能做一件事", "a button does one thing, and just one"),
        Sentence(
            "请只写其中一项：{known}。",
            "Give exactly one of: {known}.",
        ),
    ),
    "button_type": Advice(
        Sentence("这个按钮不能设 type", "this button can have no type"),
        Sentence(
            "type 只用于上报 key 的按钮；请删掉。",
            "It belongs to buttons that report a key; remove it.",
        ),
    ),
    "button_key": Advice(
        Sentence("这个按钮不能设 key", "this button can have no key"),
        Sentence(
            "打开网页、小程序或下级菜单的按钮没有 key；请删掉。",
            "Buttons that open a page, a mini-program or other buttons have none; remove it.",
        ),
    ),
    "menu_too_deep": Advice(
        Sentence("菜单只有两级", "a menu has two levels"),
        Sentence("请把下面的按钮移到上一级。", "Move the buttons below it one level up."),
    ),
    "menu_too_many_buttons": Advice(
        Sentence("按钮太多", "there are too many buttons"),
        Sentence("这里最多 {most} 个（微信的规定）。", "WeChat takes at most {most} here."),
    ),
    "menu_name_too_long": Advice(
        Sentence("按钮的名字太长", "the button's name is too long"), _SHORTEN
    ),
    "menu_key_too_long": Advice(
        Sentence("按钮的 key 太长", "the button's key is too long"), _SHORTEN
    ),
    "menu_url_too_long": Advice(
        Sentence("按钮的网址太长", "the button's address is too long"),
        Sentence("请缩短到 {most} 字节以内。", "Shorten it to {most} bytes."),
    ),
    "menu_key_twice": Advice(
        Sentence("另一个按钮有同样的 key", "another button has the same key"),
        Sentence(
            "请换一个 key；没写 key 的按钮以名字为 key，请换名字。",
            "Choose another key; without one the name is the key, so choose another name.",
        ),
    ),
    "menu_name_taken": Advice(
        Sentence(
            "有个按钮的名字发出来是别的意思", "the name of a button means something else when sent"
        ),
        Sentence(
            "请换名字；它与 {other} 相同（粉丝可以直接发送按钮的名字）。",
            "Choose another name; it equals {other}, and followers may send a button's name.",
        ),
    ),
    "menu_name_twice": Advice(
        Sentence(
            "另一个按钮同名，做的却不是一件事",
            "another button has the same name and does something else",
        ),
        Sentence(
            "请换名字：粉丝可以直接发送按钮的名字。",
            "Choose another name: followers may send a button's name.",
        ),
    ),
}
