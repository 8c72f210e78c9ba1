"""The doctor's sentences about settings that are not the same everywhere, by their code."""

from collections.abc import Mapping
from typing import Final

from yingda.doctor.base import Entry, Status
from yingda.texts import Sentence

ENTRIES: Final[Mapping[str, Entry]] = {
    "settings_not_in_use": Entry(
        Status.WARNING,
        Sentence(
            "这里的设置和最近启动的服务（设置 {minutes} 分钟前变过）用的不一样",
            "what is set here is not what the server that started last runs with, whose settings"
            " changed {minutes} min ago",
        ),
        Sentence(
            "刚改过就重启服务；没改过，就核对文件和环境变量是不是服务用的那一份。",
            "Restart the server if you changed them; if not, see whether file and environment are"
            " those of the server.",
        ),
    ),
    "settings_mixed": Entry(
        Status.WARNING,
        Sentence(
            "有一个服务进程用的设置和最近启动的不一样，已经 {minutes} 分钟",
            "a server runs with other settings than the one that started last, {minutes} min after"
            " they changed",
        ),
        Sentence(
            "日志里有 settings_differ 的就是那个进程：用同一个文件、同样的环境变量重启它。",
            "It is the one whose log says settings_differ: restart it with the same file and"
            " environment.",
        ),
    ),
    "settings_changing": Entry(
        Status.OK,
        Sentence(
            "设置 {minutes} 分钟前变了，有一个服务进程还在用原来的：逐个重启时正常",
            "they changed {minutes} min ago and a server still runs with the former ones, as is"
            " normal while servers are restarted one after the other",
        ),
    ),
}
