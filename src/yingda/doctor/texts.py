"""Every sentence of `yingda doctor`, Chinese first, by the stable code of its finding.

Those about connections stand in `texts_reach`, those about providers in `texts_provider` and
`texts_models`, those about WeChat in `texts_address` and `texts_api`, those about money in
`texts_spending`, those about servers with other settings in `texts_snapshots`.
No placeholder ever takes a secret, a message or the body of an answer.
"""

from collections.abc import Mapping

from yingda.doctor import (
    texts_address,
    texts_api,
    texts_models,
    texts_provider,
    texts_reach,
    texts_snapshots,
    texts_spending,
)
from yingda.doctor.base import Entry, Finding, Status, Subject
from yingda.texts import Sentence

_OK, _WARNING, _FAILED, _SKIPPED = Status.OK, Status.WARNING, Status.FAILED, Status.SKIPPED


TITLES: Mapping[Subject, Sentence] = {
    Subject.SETTINGS: Sentence("设置", "Settings"),
    Subject.STORE: Sentence("数据库", "Database"),
    Subject.SPENDING: Sentence("花费", "Spending"),
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
    "store_reached": Entry(
        _OK, Sentence("连得上，版本 {version}", "it can be reached, version {version}")
    ),
    "store_processes": Entry(
        _OK,
        Sentence(
            "{count} 个进程在用，其中 {workers} 个会问 AI",
            "{count} processes use it, of which {workers} ask the AI",
        ),
    ),
    "store_no_process": Entry(_OK, Sentence("现在没有进程在用", "no process uses it at present")),
    "store_no_worker": Entry(
        _FAILED,
        Sentence(
            "{count} 个进程在用，但没有一个会问 AI，问题会一直等着",
            "{count} processes use it, but none of them asks the AI: questions wait",
        ),
        Sentence(
            "请启动 yingda worker，或去掉 --no-workers 和 workers = false。",
            "Start yingda worker, or leave out --no-workers and workers = false.",
        ),
    ),
    "store_refused": Entry(
        _FAILED,
        Sentence("用不了：{reason}", "it cannot be used: {reason}"),
        Sentence(
            "请按上面括号里的提示处理；database_url 里的地址、用户和密码也请再看一遍。",
            "Do what the brackets say, and look over address, user and password in database_url.",
        ),
    ),
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
}

_SISTERS = (
    texts_reach,
    texts_provider,
    texts_models,
    texts_address,
    texts_api,
    texts_snapshots,
    texts_spending,
)
ENTRIES: Mapping[str, Entry] = {**_OWN} | {
    code: entry for sister in _SISTERS for code, entry in sister.ENTRIES.items()
}


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
