"""What `yingda menu` says, in Chinese and English."""

from collections.abc import Mapping

from yingda.texts import Language, Sentence

SENTENCES: Mapping[str, Sentence] = {
    "no_account": Sentence(
        "请用 --account 说明是哪个账号：{known}。", "Say which account with --account: {known}."
    ),
    "no_menu": Sentence(
        "账号 {account} 没有配置菜单，请在 [[accounts.{account}.menu]] 里写好再发布。",
        "The account {account} has no menu in its settings; write one at "
        "[[accounts.{account}.menu]].",
    ),
    "no_secret": Sentence(
        "账号 {account} 没有 app_id 或 app_secret，不能调用微信的接口；"
        "请从公众号后台复制过来。在那之前，欢迎语和 /help 会附上链接形式的菜单。",
        "The account {account} has no app_id or no app_secret, so WeChat cannot be asked; copy "
        "them from its console. Until then the welcome and /help carry the menu as links.",
    ),
    "refused": Sentence("微信没有接受：{reason}。", "WeChat did not accept it: {reason}."),
    "unreachable": Sentence("连不上微信：{reason}", "WeChat cannot be reached: {reason}"),
    "mend": Sentence("办法：{mend}", "Mend: {mend}"),
    "in_text": Sentence(
        "没有认证的公众号不能用接口设菜单。不要紧：欢迎语和 /help 会附上链接形式的菜单。",
        "An account that is not verified may publish no menu. Instead, the welcome and /help carry "
        "the menu as links.",
    ),
    "published": Sentence(
        "已发布。粉丝最迟 5 分钟后重新进入聊天时看到；重新关注可以马上看到。",
        "Published. Followers see it when they enter the chat, 5 minutes from now at the latest; "
        "unfollow and follow to see it at once.",
    ),
    "same": Sentence("微信里的菜单已经是这样，不用发布。", "WeChat shows just this menu already."),
    "differs": Sentence("与配置不同的地方：", "What the settings have otherwise:"),
    "none_published": Sentence(
        "微信里没有用接口发布的菜单。", "No menu has been published by the API."
    ),
    "deleted": Sentence(
        "已删除。最迟一小时后，欢迎语和 /help 会附上链接形式的菜单。",
        "Deleted. Within an hour the welcome and /help carry the menu as links.",
    ),
}


def say(language: Language, key: str, **values: str) -> str:
    """The sentence of `key`, with a line end."""
    return SENTENCES[key].within(language).format(**values) + "\n"
