"""Links that send a text when they are tapped.

Pure. The markup is reported by those who use it, no official page has it: what is needed travels
in the text, never in the id.
"""

from urllib.parse import quote

from yingda.texts import COMMAND_LINK_LIMIT_BYTES


def sending_link(content: str, label: str) -> str:
    """A link that shows `label` and sends `content`."""
    escaped = quote(content, safe="")
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={escaped}&msgmenuid=1">{label}</a>'


def command_link(word: str | None, argument: str, label: str) -> str:
    """A link that sends a command with its argument; the bare label where no link can be."""
    if word is None or len(quote(word, safe="")) > COMMAND_LINK_LIMIT_BYTES:
        return label
    return sending_link(f"{word}{argument}", label)
