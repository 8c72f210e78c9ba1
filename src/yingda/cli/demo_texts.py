"""Every sentence of the terminal chat, Chinese first, English beside it.

What a follower reads comes from the gateway; here is only what stands around it. Placeholders
stand in braces.
"""

from collections.abc import Mapping

from yingda.texts import Language, Sentence

SENTENCES: Mapping[str, Sentence] = {
    "header": Sentence(
        "应答 · 终端试聊\n"
        "这里扮演微信和粉丝的手机：你发的每句话都会签好名推送给真正的网关，"
        "等 5 秒、最多推送 3 次，和微信一样。\n"
        "试试：\n"
        "{answering}\n"
        "  1               取回没看到的回答或下文\n"
        "  /clear  /help   新的对话；说明\n"
        "以冒号开头的是手机上的动作：:follow  :image  :voice  :tap  :tap 2，全部见 :help\n"
        "离开：Ctrl-D 或 /quit",
        "Yingda · chat in the terminal\n"
        "This plays WeChat and a follower's phone: every line becomes a signed push to the real "
        "gateway, with 5 seconds and three attempts, as WeChat does it.\n"
        "Try:\n"
        "{answering}\n"
        "  1               fetch an answer, or the rest of one\n"
        "  /clear  /help   a new conversation; help\n"
        "A colon begins what the phone does: :follow  :image  :voice  :tap  :tap 2; "
        ":help lists all\n"
        "Leave with Ctrl-D or /quit",
    ),
    # Who answers, as the header tells it
    "answering_echo": Sentence(
        "  随便问一句      很快回答\n"
        "  慢 12           12 秒才答完\n"
        "  长 3000         长回答，分成几条",
        "  any question    a quick answer\n"
        "  慢 12           one that takes 12 seconds\n"
        "  长 3000         a long one, in several parts",
    ),
    "answering_own": Sentence(
        "  随便问一句      由你设置的 AI 回答；答不出来时，用 yingda demo --verbose 看原因",
        "  any question    the AI that you set answers; if it fails, yingda demo --verbose "
        "shows why",
    ),
    "local_help": Sentence(
        ":follow  :unfollow             关注、取消关注\n"
        ":image  :voice  :video         发图片、语音、视频，都是空的，AI 看不到也听不到\n"
        ":location  :link  :sticker     发位置、链接、表情\n"
        ":tap  :tap 2                   点最新的链接，或第 2 个\n"
        ":click KEY                     点菜单按钮\n"
        ":help  :quit                   这段说明；离开",
        ":follow  :unfollow             follow the account, or stop\n"
        ":image  :voice  :video         send a picture, a voice message, a video; all are empty\n"
        ":location  :link  :sticker     send a place, a web page, a sticker\n"
        ":tap  :tap 2                   tap the newest link, or the second\n"
        ":click KEY                     tap a menu button\n"
        ":help  :quit                   this text; leave",
    ),
    "unknown_command": Sentence(
        "没有 {command} 这个动作，:help 列出全部。", "There is no {command}; :help lists all."
    ),
    "no_link": Sentence("没有这样的链接可点。", "There is no such link to tap."),
    "click_needs_key": Sentence(
        "请写上按钮的 key，例如 :click help。", "Name the button's key, for example :click help."
    ),
    "farewell": Sentence("再见。", "Goodbye."),
    "me": Sentence("我", "me"),
    "account": Sentence("公众号", "account"),
    "colon": Sentence("：", ": "),
    "tap": Sentence("[{label} → {command}]", "[{label} → {command}]"),
    "page": Sentence("[{label} → {address}]", "[{label} → {address}]"),
    # While waiting
    "status": Sentence(
        "第 {number} 次推送，已等 {seconds} 秒", "attempt {number}, waiting for {seconds} s"
    ),
    # What happened on the wire
    "wire_answered": Sentence(
        "第 {number} 次推送时回答，用时 {seconds} 秒", "answered on attempt {number}, {seconds} s"
    ),
    "wire_accepted": Sentence(
        "第 {number} 次推送时确认收到，没有要显示的内容，用时 {seconds} 秒",
        "accepted on attempt {number} with nothing to show, {seconds} s",
    ),
    "wire_illegal": Sentence(
        "第 {number} 次推送的回复不合规（{reason}），微信显示故障提示，用时 {seconds} 秒",
        "the reply on attempt {number} is not legal ({reason}); WeChat shows its failure line, "
        "{seconds} s",
    ),
    "wire_failed": Sentence(
        "推送 {count} 次都没有拿到回复，微信显示故障提示，用时 {seconds} 秒",
        "no reply after {count} attempts; WeChat shows its failure line, {seconds} s",
    ),
    "wire_status": Sentence("第 {number} 次：HTTP {status}", "attempt {number}: HTTP {status}"),
    "wire_unreachable": Sentence(
        "第 {number} 次：没有连上或中途断开（{reason}）",
        "attempt {number}: no connection, or it broke off ({reason})",
    ),
    "semicolon": Sentence("；", "; "),
}


def say(language: Language, key: str, **values: object) -> str:
    """The sentence of `key` in `language`, with its placeholders filled in."""
    return SENTENCES[key].within(language).format(**values)
