"""Links inside a text, as WeChat's chat shows them.

Knows the three kinds of `<a>` and how their values are written. Refuses to know what they are
for. Source: official pages on web and mini-program links; users, for those that send
a text.
"""

import re
from urllib.parse import quote

from yingda.wechat.xml_text import clean_text

_MARKUP = re.compile(r"[<>]")
#: What breaks an address inside an attribute, and how it is written there.
_IN_ADDRESS = str.maketrans({'"': "%22", "<": "%3C", ">": "%3E", " ": "%20"})


def label_text(text: str) -> str:
    """A link's label: one line, without what would be read as markup."""
    return " ".join(_MARKUP.sub(" ", clean_text(text)).split())


def tap_to_send(content: str, label: str) -> str:
    """A link that sends `content` as if it were typed. What it needs travels in the text."""
    sent = quote(content, safe="")
    return (
        f'<a href="weixin://bizmsgmenu?msgmenucontent={sent}&msgmenuid=1">{label_text(label)}</a>'
    )


def web_link(url: str, label: str) -> str:
    """A link that opens a page."""
    return f'<a href="{_address(url)}">{label_text(label)}</a>'


def mini_program_link(url: str, label: str, *, app_id: str, page_path: str) -> str:
    """A link that opens a mini-program, or `url` on clients that know none."""
    program = f'data-miniprogram-appid="{app_id}" data-miniprogram-path="{_address(page_path)}"'
    return f'<a href="{_address(url)}" {program}>{label_text(label)}</a>'


def _address(url: str) -> str:
    return url.translate(_IN_ADDRESS)
