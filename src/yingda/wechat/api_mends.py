"""What WeChat's error codes mean and what the operator can do, in Chinese and English.

The one place for these sentences: logs and the doctor both take them from here. Meanings are
those of the official table of return codes. `{ip}` is the address that WeChat named.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from yingda.texts import Sentence


class Advice(NamedTuple):
    """What a code means, and what mends it; None where nothing is to be mended."""

    said: Sentence
    mend: Sentence | None = None


_SECRET = Sentence(
    "在微信开发者平台重新复制 AppID 和 AppSecret，两者要属于同一个公众号。",
    "Copy AppID and AppSecret again from WeChat's developer platform; both of the same account.",
)
_ASK_LESS = Sentence("稍等再试；这类调用应当少一些。", "Wait a little, and make fewer such calls.")
_VERIFY = Sentence(
    "客服消息、上传等接口要求公众号已认证；未认证时请使用被动回复。",
    "Service messages and uploads need a verified account; otherwise keep to passive replies.",
)
_MENU = Sentence("按提示改正菜单设置。", "Correct the menu's settings.")
_REPORT = Sentence(
    "这多半是程序的错误，请连同 rid 一起反馈。",
    "This is probably a fault of the program: report it with the rid.",
)
_MEDIA = Sentence(
    "换一个符合要求的文件，或重新上传：素材只保存三天。",
    "Take a file that fits, or upload it again: WeChat keeps files for three days.",
)

#: What is said of a code that is not in the table, and of an answer that is none of WeChat's.
UNKNOWN: Final = Advice(
    Sentence("微信返回了未知的错误码", "WeChat answered with a code that is not known here"),
    Sentence(
        "在微信官方的返回码表里查这个数字。", "Look the number up in WeChat's table of codes."
    ),
)
ADDRESS_MEND: Final = Sentence(
    "检查 api_base 是否正确，中间的代理是否改写了内容。",
    "Check that api_base is right, and that no proxy between rewrites answers.",
)
FOREIGN: Final = Advice(
    Sentence("返回的内容不是微信的格式", "the answer is none of WeChat's"), ADDRESS_MEND
)
#: What 40001 means where a token is asked for: there is no token yet that could be wrong.
WRONG_SECRET: Final = Advice(Sentence("AppSecret 不对", "the AppSecret is wrong"), _SECRET)

ADVICE: Final[Mapping[int, Advice]] = {
    -1: Advice(Sentence("微信系统繁忙", "WeChat is busy")),
    # Token, AppID and secret
    40001: Advice(
        Sentence("access_token 无效", "the access_token is not valid"),
        Sentence(
            "检查是否有别的程序在用同一个 AppID 换取 token。",
            "See whether another program fetches tokens for the same AppID.",
        ),
    ),
    40002: Advice(Sentence("grant_type 不对", "the grant_type is wrong"), _REPORT),
    40013: Advice(Sentence("AppID 不对", "the AppID is wrong"), _SECRET),
    40014: Advice(Sentence("access_token 无效", "the access_token is not valid")),
    40125: Advice(Sentence("AppSecret 不对", "the AppSecret is wrong"), _SECRET),
    40164: Advice(
        Sentence(
            "这台服务器的 IP {ip} 不在白名单里", "this server's address {ip} is not on the list"
        ),
        Sentence(
            "在微信开发者平台的 IP 白名单里加上 {ip}，几分钟后生效。",
            "Add {ip} to the IP list on WeChat's developer platform; it takes a few minutes.",
        ),
    ),
    40243: Advice(
        Sentence("AppSecret 已被冻结", "the AppSecret is frozen"),
        Sentence(
            "在微信开发者平台解冻 AppSecret。", "Unfreeze the AppSecret on the developer platform."
        ),
    ),
    41001: Advice(Sentence("缺少 access_token", "the access_token is missing"), _REPORT),
    41002: Advice(Sentence("缺少 AppID", "the AppID is missing"), _SECRET),
    41004: Advice(Sentence("缺少 AppSecret", "the AppSecret is missing"), _SECRET),
    42001: Advice(Sentence("access_token 已过期", "the access_token has expired")),
    42007: Advice(
        Sentence("密码改过，token 失效", "the password was changed, tokens are void"),
        Sentence(
            "确认 AppSecret 没有变；变了就更新设置。",
            "See whether the AppSecret is still the same; if not, set the new one.",
        ),
    ),
    # The follower
    40003: Advice(
        Sentence("openid 无效，或属于别的公众号", "the openid is not one of this account's"),
    ),
    41009: Advice(Sentence("缺少 openid", "the openid is missing"), _REPORT),
    43004: Advice(Sentence("对方没有关注", "the person does not follow the account")),
    43019: Advice(Sentence("对方在黑名单里", "the follower is on the account's blacklist")),
    46004: Advice(Sentence("没有这个用户", "there is no such user")),
    48002: Advice(Sentence("粉丝关闭了接收消息", "the follower turned messages off")),
    50005: Advice(Sentence("对方没有关注", "the person does not follow the account")),
    # Service messages and typing
    45015: Advice(Sentence("超出可回复的时间", "the time to answer this follower is over")),
    45047: Advice(Sentence("客服消息条数已用完", "this follower's service messages are used up")),
    45072: Advice(Sentence("输入状态的命令不对", "the typing command is wrong"), _REPORT),
    45080: Advice(
        Sentence("粉丝三十秒内没有互动", "the follower did nothing in the last 30 seconds")
    ),
    45081: Advice(Sentence("已经是正在输入的状态", "the typing state is shown already")),
    # Rights
    40200: Advice(Sentence("这类公众号不能用这个接口", "this kind of account may not"), _VERIFY),
    48001: Advice(Sentence("公众号没有这个接口的权限", "the account has no such right"), _VERIFY),
    48004: Advice(
        Sentence("接口被封禁", "the account was banned from this call"),
        Sentence(
            "登录公众号后台看违规通知和解封时间。",
            "Look in the account's console for the notice and when the ban ends.",
        ),
    ),
    48008: Advice(Sentence("没有发送这类消息的权限", "no right to send this kind"), _VERIFY),
    50001: Advice(Sentence("接口没有授权", "the call was not granted"), _VERIFY),
    50002: Advice(
        Sentence("用户或公众号受限", "the user or the account is restricted"),
        Sentence("登录公众号后台看通知。", "Look in the account's console for a notice."),
    ),
    # Quotas
    45009: Advice(
        Sentence("当天的调用次数已用完", "the day's calls are used up"),
        Sentence("等到第二天，或在开发者平台清零。", "Wait for the next day, or clear the quota."),
    ),
    45011: Advice(Sentence("调用太频繁", "too many calls in a minute"), _ASK_LESS),
    48006: Advice(
        Sentence("清零次数已用完", "the quota cannot be cleared any more this month"), _ASK_LESS
    ),
    # Length and content
    40008: Advice(Sentence("消息类型不对", "the message type is wrong"), _REPORT),
    40033: Advice(Sentence("请求里有 \\uXXXX 字符", "the request holds \\uXXXX escapes"), _REPORT),
    40035: Advice(Sentence("参数不对", "a parameter is wrong"), _REPORT),
    40038: Advice(Sentence("请求的格式不对", "the request's format is wrong"), _REPORT),
    40039: Advice(Sentence("URL 太长", "the URL is too long"), _REPORT),
    40132: Advice(Sentence("微信号不对", "the WeChat id is wrong"), _REPORT),
    43001: Advice(Sentence("要用 GET 请求", "it has to be a GET"), ADDRESS_MEND),
    43002: Advice(Sentence("要用 POST 请求", "it has to be a POST"), ADDRESS_MEND),
    43003: Advice(
        Sentence("要用 HTTPS", "it has to be HTTPS"),
        Sentence("api_base 要以 https:// 开头。", "Let api_base begin with https://."),
    ),
    44002: Advice(Sentence("请求内容为空", "the body is empty"), _REPORT),
    44003: Advice(Sentence("图文消息为空", "the news message is empty"), _REPORT),
    44004: Advice(Sentence("文本消息为空", "the text is empty"), _REPORT),
    45002: Advice(Sentence("文本太长", "the text is too long"), _REPORT),
    45003: Advice(Sentence("标题太长", "the title is too long"), _REPORT),
    45004: Advice(Sentence("描述太长", "the description is too long"), _REPORT),
    45005: Advice(Sentence("链接太长", "the link is too long"), _REPORT),
    45006: Advice(Sentence("图片链接太长", "the picture's link is too long"), _REPORT),
    45008: Advice(Sentence("图文超过一条", "there is more than one article"), _REPORT),
    47001: Advice(Sentence("请求无法解析", "WeChat cannot parse the request"), _REPORT),
    # Files
    40004: Advice(Sentence("素材类型不对", "the kind of media is wrong"), _MEDIA),
    40005: Advice(Sentence("文件类型不对", "the type of the file is wrong"), _MEDIA),
    40006: Advice(Sentence("文件大小不对", "the size of the file is wrong"), _MEDIA),
    40007: Advice(Sentence("media_id 无效", "the media_id is not valid"), _MEDIA),
    40009: Advice(Sentence("图片大小不对", "the picture's size is wrong"), _MEDIA),
    40010: Advice(Sentence("语音大小不对", "the recording's size is wrong"), _MEDIA),
    40011: Advice(Sentence("视频大小不对", "the video's size is wrong"), _MEDIA),
    40012: Advice(Sentence("缩略图大小不对", "the thumbnail's size is wrong"), _MEDIA),
    40137: Advice(Sentence("图片格式不对", "the picture's format is wrong"), _MEDIA),
    41005: Advice(Sentence("缺少文件内容", "the file's content is missing"), _MEDIA),
    41006: Advice(Sentence("缺少 media_id", "the media_id is missing"), _MEDIA),
    44001: Advice(Sentence("文件是空的", "the file is empty"), _MEDIA),
    45001: Advice(Sentence("文件太大", "the file is too large"), _MEDIA),
    45007: Advice(Sentence("语音太长", "the recording is too long"), _MEDIA),
    # Menus
    40015: Advice(Sentence("菜单类型不对", "the menu's type is wrong"), _MENU),
    40016: Advice(Sentence("一级菜单应有 1 到 3 个", "a menu has 1 to 3 top buttons"), _MENU),
    40017: Advice(Sentence("按钮类型不对", "a button's type is wrong"), _MENU),
    40018: Advice(Sentence("按钮名字太长或为空", "a button's name is too long or empty"), _MENU),
    40019: Advice(Sentence("按钮 key 太长或为空", "a button's key is too long or empty"), _MENU),
    40020: Advice(Sentence("按钮链接太长或为空", "a button's URL is too long or empty"), _MENU),
    40021: Advice(Sentence("菜单版本号不对", "the menu's version is wrong"), _MENU),
    40022: Advice(Sentence("子菜单层级不对", "the submenus are nested too deep"), _MENU),
    40023: Advice(Sentence("子菜单应有 1 到 5 个", "a submenu has 1 to 5 buttons"), _MENU),
    40024: Advice(Sentence("子菜单按钮类型不对", "a submenu button's type is wrong"), _MENU),
    40025: Advice(Sentence("子菜单名字太长或为空", "a submenu name is too long or empty"), _MENU),
    40026: Advice(Sentence("子菜单 key 太长或为空", "a submenu key is too long or empty"), _MENU),
    40027: Advice(Sentence("子菜单链接太长或为空", "a submenu URL is too long or empty"), _MENU),
    40028: Advice(Sentence("自定义菜单的用户不对", "the menu's user is wrong"), _MENU),
    40119: Advice(Sentence("按钮类型不对", "a button's type is wrong"), _MENU),
    40120: Advice(Sentence("子按钮类型不对", "a submenu button's type is wrong"), _MENU),
    45010: Advice(Sentence("菜单创建太多", "there are too many menus"), _MENU),
    46003: Advice(Sentence("没有菜单", "there is no menu")),
    65316: Advice(Sentence("菜单的外部域名超过 3 个", "a menu has over 3 outside domains"), _MENU),
    # The check of our own address
    40201: Advice(
        Sentence("回调地址没有设置或无效", "the callback address is not set or not valid"),
        Sentence(
            "先在微信开发者平台保存消息推送的 URL。",
            "Save the URL for pushes on WeChat's developer platform first.",
        ),
    ),
    40202: Advice(Sentence("检测动作不对", "the check's action is wrong"), _REPORT),
    40203: Advice(Sentence("检测运营商不对", "the check's operator is wrong"), _REPORT),
    # Withdrawn
    45103: Advice(Sentence("接口已下线", "the call was withdrawn"), _REPORT),
    45106: Advice(Sentence("接口已下线", "the call was withdrawn"), _REPORT),
    45109: Advice(Sentence("接口已下线", "the call was withdrawn"), _REPORT),
    # Human agents
    **{
        code: Advice(
            Sentence("客服账号或会话的错误", "an error of an agent's account or session"), _REPORT
        )
        for code in (*range(61450, 61458), 65400, 65401, 65413, 65414)
    },
}
