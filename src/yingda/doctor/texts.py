"""Every sentence of `yingda doctor`, Chinese first, by the stable code of its finding.

Those about connections stand in `texts_reach`, those about WeChat in `texts_address`, `texts_api`.
No placeholder ever takes a secret, a message or the body of an answer.
"""

from collections.abc import Mapping

from yingda.doctor import texts_address, texts_api, texts_reach
from yingda.doctor.base import Entry, Finding, Status, Subject
from yingda.texts import Sentence

_OK, _WARNING, _FAILED, _SKIPPED = Status.OK, Status.WARNING, Status.FAILED, Status.SKIPPED


TITLES: Mapping[Subject, Sentence] = {
    Subject.SETTINGS: Sentence("设置", "Settings"),
    Subject.STORE: Sentence("数据库", "Database"),
    Subject.CLOCK: Sentence("时钟", "Clock"),
    Subject.PROVIDER: Sentence("模型服务", "Provider"),
    Subject.API: Sentence("微信接口", "WeChat's API"),
    Subject.ADDRESS: Sentence("公网地址", "Public address"),
}
#: What stands before a mend, and the last line by whether anything failed.
MEND_LABEL = Sentence("怎么办：", "What to do: ")
ALL_WELL = Sentence("没有发现故障。", "Nothing failed.")
NOT_WELL = Sentence(
    "{failed} 项故障，{warnings} 项提醒。", "{failed} failed, {warnings} to look at."
)

_OWN: Mapping[str, Entry] = {
    # Settings
    "settings_ok": Entry(
        _OK,
        Sentence(
            "读到 {accounts} 个公众号、{providers} 个模型服务",
            "{accounts} account(s) and {providers} provider(s) are set",
        ),
    ),
    "settings_problem": Entry(
        _FAILED, Sentence("{reason_zh}", "{reason_en}"), Sentence("{mend_zh}", "{mend_en}")
    ),
    "settings_warning": Entry(
        _WARNING, Sentence("{reason_zh}", "{reason_en}"), Sentence("{mend_zh}", "{mend_en}")
    ),
    "settings_unread": Entry(
        _SKIPPED,
        Sentence("设置还读不了，没有检查", "not looked at: the settings cannot be read yet"),
    ),
    # The store
    "store_held": Entry(
        _OK, Sentence("正在运行的应答服务占用着它", "a running yingda server holds it")
    ),
    "store_idle": Entry(
        _OK, Sentence("现在没有应答服务在用它", "no yingda server is using it now")
    ),
    "store_new": Entry(
        _OK, Sentence("还没有建立，第一次启动时建立", "not there yet; the first start makes it")
    ),
    "store_ok": Entry(_OK, Sentence("完好，版本 {version}", "sound, version {version}")),
    "store_old": Entry(
        _OK,
        Sentence(
            "完好，版本 {version}；下次启动先备份，再升级到 {newest}",
            "sound, version {version}; the next start copies it, then brings it to {newest}",
        ),
    ),
    "store_foreign": Entry(
        _FAILED,
        Sentence(
            "这个文件不是应答的数据库，或由更新的版本建立",
            "the file is not yingda's database, or a newer yingda made it",
        ),
        Sentence(
            "把 data_dir（或 database_url）改成别的路径；如果降过级，请装回原来的新版本。",
            "Point data_dir (or database_url) elsewhere; after a downgrade, install the newer "
            "yingda again.",
        ),
    ),
    "store_damaged": Entry(
        _FAILED,
        Sentence("文件已损坏", "the file is damaged"),
        Sentence(
            "停下服务，先复制一份损坏的文件，再用备份恢复；没有备份可试 sqlite3 的 .recover 命令。",
            "Stop the server, keep a copy of the file, then restore a backup; without one, try "
            "the command .recover of sqlite3.",
        ),
    ),
    "store_unreadable": Entry(
        _FAILED,
        Sentence("打不开（{reason}）", "it cannot be opened ({reason})"),
        Sentence(
            "请用运行服务的那个用户来执行 yingda doctor，并检查文件的权限。",
            "Run yingda doctor as the user that runs the server, and check the file's permissions.",
        ),
    ),
    "store_unfinished": Entry(
        _WARNING,
        Sentence(
            "{limit_s:g} 秒内没有检查完，没查到的部分不作结论",
            "the check was not finished within {limit_s:g} s; nothing is said of the rest",
        ),
        Sentence(
            "服务空闲时执行：sqlite3 数据库文件 'PRAGMA quick_check'",
            "When the server is idle, run: sqlite3 FILE 'PRAGMA quick_check'",
        ),
    ),
    "folder_ok": Entry(_OK, Sentence("可以写入", "it can be written to")),
    "folder_closed": Entry(
        _FAILED,
        Sentence("不能写入，或不是文件夹", "it cannot be written to, or is no folder"),
        Sentence(
            "让运行服务的用户拥有它（chown），或把 data_dir 改到能写的地方；"
            "容器里请检查挂载的数据卷。",
            "Give it to the user that runs the server (chown), or set data_dir to a place that "
            "can be written; in a container, look at the mounted volume.",
        ),
    ),
    "disk_ok": Entry(_OK, Sentence("还有 {free_mib} MiB 空间", "{free_mib} MiB are free")),
    "disk_low": Entry(
        _WARNING,
        Sentence("只剩 {free_mib} MiB 空间", "only {free_mib} MiB are free"),
        Sentence(
            "请腾出空间；写满后新的提问收不下来。", "Free some: a full disk takes no question."
        ),
    ),
    "disk_full": Entry(
        _FAILED,
        Sentence("几乎写满，只剩 {free_mib} MiB", "nearly full, {free_mib} MiB are free"),
        Sentence(
            "请马上腾出空间，或把 data_dir 移到大一些的磁盘。",
            "Free some at once, or move data_dir to a larger disk.",
        ),
    ),
    # The clock
    "clock_ok": Entry(
        _OK,
        Sentence("与 {hosts} 相差 {offset_s:.0f} 秒", "{offset_s:.0f} s apart from {hosts}"),
    ),
    "clock_off": Entry(
        _WARNING,
        Sentence("与 {hosts} 相差 {offset_s:.0f} 秒", "{offset_s:.0f} s apart from {hosts}"),
        Sentence(
            "请打开网络校时：timedatectl set-ntp true，或安装 chrony。",
            "Switch NTP on: timedatectl set-ntp true, or install chrony.",
        ),
    ),
    "clock_wrong": Entry(
        _FAILED,
        Sentence(
            "与 {hosts} 相差 {offset_s:.0f} 秒；超过 {limit_s:.0f} 秒的请求会被拒绝",
            "{offset_s:.0f} s apart from {hosts}; requests over {limit_s:.0f} s are refused",
        ),
        Sentence(
            "请打开网络校时：timedatectl set-ntp true，或安装 chrony；"
            "用 timedatectl 看是否已同步，虚拟机还要检查宿主机。",
            "Switch NTP on: timedatectl set-ntp true, or install chrony; timedatectl tells "
            "whether it is in step; with a virtual machine look at its host too.",
        ),
    ),
    "clock_unknown": Entry(
        _SKIPPED,
        Sentence(
            "没有别的机器可以对时；可用 timedatectl 查看",
            "no other machine told the time; timedatectl shows more",
        ),
    ),
    # The provider
    "provider_echo": Entry(
        _OK,
        Sentence("内置的回声，只适合试用", "the built-in echo; it serves for trying out only"),
    ),
    "provider_ok": Entry(
        _OK, Sentence("应用「{app}」可用，类型 {mode}", "the app “{app}” is ready, type {mode}")
    ),
    "provider_by_proxy": Entry(
        _OK,
        Sentence("经由本机设置的代理 {proxy} 访问", "reached by this machine's proxy {proxy}"),
    ),
    "provider_setting": Entry(
        _FAILED,
        Sentence("base_url 或 api_key 的写法不能用", "base_url or api_key cannot be used"),
        Sentence(
            "base_url 形如 https://api.dify.ai/v1；api_key 请从 Dify 应用的“访问 API”页重新复制。",
            "base_url looks like https://api.dify.ai/v1; copy api_key again from the app's "
            "API Access page in Dify.",
        ),
    ),
    "provider_key": Entry(
        _FAILED,
        Sentence("Dify 不认这个密钥（401）", "Dify does not know the key (401)"),
        Sentence(
            "打开 Dify 应用的“访问 API”页，新建或复制密钥，填入 {key_setting}；"
            "每个应用有自己的密钥，知识库的密钥不能用。",
            "On the app's API Access page in Dify make or copy a key, and set {key_setting}; each "
            "app has its own, and a knowledge base's does not fit.",
        ),
    ),
    "provider_forbidden": Entry(
        _FAILED,
        Sentence("Dify 拒绝访问（403）", "Dify forbids it (403)"),
        Sentence(
            "在 Dify 应用的概览页打开“后端服务 API”，并确认工作空间没有停用。",
            "Switch the Service API on in the app's overview in Dify, and see that the workspace "
            "is active.",
        ),
    ),
    "provider_unpublished": Entry(
        _FAILED,
        Sentence("应用还没有发布，或没有配置完", "the app is not published, or not set up"),
        Sentence(
            "在 Dify 打开这个应用，配置好模型，点“发布”。", "Open it in Dify, and publish it."
        ),
    ),
    "provider_type": Entry(
        _FAILED,
        Sentence("应用类型 {mode} 不能对话", "an app of type {mode} cannot converse"),
        Sentence(
            "在 Dify 新建聊天助手、Agent 或 Chatflow 应用，把它的密钥填入 {key_setting}。",
            "Make a Chatbot, Agent or Chatflow app in Dify, and set {key_setting} to its key.",
        ),
    ),
    "provider_mode_differs": Entry(
        _WARNING,
        Sentence(
            "设置里的 mode 是 {configured}，应用其实是 {mode}",
            "mode is set to {configured}, and the app is of type {mode}",
        ),
        Sentence("删掉 mode 这一项，让它自动识别。", "Remove mode; the type is found by itself."),
    ),
    "provider_inputs": Entry(
        _FAILED,
        Sentence("应用的必填变量没有值：{names}", "required variables have no value: {names}"),
        Sentence(
            "在配置文件的 [providers.{name}.inputs] 里逐个填写，或在 Dify 里改为选填。",
            "Set each of them under [providers.{name}.inputs] in the file, or make them optional "
            "in Dify.",
        ),
    ),
    "provider_address": Entry(
        _FAILED,
        Sentence("这个地址答的不是 Dify 接口（{status}）", "no Dify API answers there ({status})"),
        Sentence(
            "把 {setting} 改成 Dify 的接口地址，一般是控制台的域名加 /v1，"
            "并用最终的 https 地址，不要经过跳转。",
            "Set {setting} to Dify's API, mostly the console's origin and /v1, by its final "
            "https address and not through a redirect.",
        ),
    ),
    "provider_busy": Entry(
        _WARNING,
        Sentence("Dify 说请求太多或额度用完（429）", "Dify is busy or out of quota (429)"),
        Sentence(
            "稍后再试；常出现时在 Dify 查看套餐额度和并发上限。",
            "Try again later; if it stays, look at the plan and its limits in Dify.",
        ),
    ),
    "provider_failing": Entry(
        _FAILED,
        Sentence("Dify 服务器出错（{status}）", "the Dify server fails ({status})"),
        Sentence(
            "查看 Dify 的 api 容器日志（docker compose logs api），以及它前面的代理。",
            "See the log of Dify's api container (docker compose logs api), and the proxy before "
            "it.",
        ),
    ),
    "provider_refused": Entry(
        _FAILED,
        Sentence("Dify 拒绝了查询（{status} {reason}）", "Dify refused ({status} {reason})"),
        Sentence("在 Dify 打开这个应用，检查模型和配置。", "Check the app and its model in Dify."),
    ),
    "provider_no_answer": Entry(
        _FAILED,
        Sentence("连得上，但没有得到完整的回答", "a connection stands, but no whole answer came"),
        Sentence(
            "查看 Dify 的负载和日志，以及两者之间的代理。",
            "Look at Dify's load and log, and at any proxy between.",
        ),
    ),
}

_SISTERS = {**texts_reach.ENTRIES, **texts_api.ENTRIES, **texts_address.ENTRIES}
ENTRIES: Mapping[str, Entry] = {**_OWN, **_SISTERS}


def finding(check: Subject, code: str, subject: str, **values: object) -> Finding:
    """The finding of this code, with its placeholders filled in."""
    entry = ENTRIES[code]
    return Finding(
        check=check,
        code=code,
        status=entry.status,
        subject=subject,
        said=entry.said.filled(**values),
        mend=None if entry.mend is None else entry.mend.filled(**values),
    )
