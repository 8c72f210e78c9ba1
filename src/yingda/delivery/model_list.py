"""The models that a follower may choose from, as a text that fits a reply.

Pure. Who may choose what, and what was chosen, is known elsewhere.
"""

from collections.abc import Sequence

from yingda.delivery.links import command_link
from yingda.texts import Texts
from yingda.wechat.limits import TEXT_LIMIT_BYTES, size_bytes
from yingda.wechat.links import label_text


def model_list(
    names: Sequence[str], current: str | None, texts: Texts, command_word: str | None
) -> str:
    """A line for each, which chooses it when it is tapped; the one that answers now is no link.

    Where not all links fit, the last names stand alone: they can still be sent behind the command.
    """
    head = texts.say("model_list_open") if current is None else _head(texts, current)
    bare = [f"· {label_text(name)}" for name in names]
    room_bytes = TEXT_LIMIT_BYTES - size_bytes("\n".join([head, *bare]))
    lines = [head]
    for name, line in zip(names, bare, strict=True):
        linked = f"· {command_link(command_word, f' {name}', label_text(name))}"
        more_bytes = size_bytes(linked) - size_bytes(line)
        is_linked = name != current and more_bytes <= room_bytes
        room_bytes -= more_bytes if is_linked else 0
        lines.append(linked if is_linked else line)
    return "\n".join(lines)


def _head(texts: Texts, current: str) -> str:
    return texts.say("model_list", model=label_text(current))
