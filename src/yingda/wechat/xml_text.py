"""Text as XML 1.0 can carry it.

Knows which characters a reply may hold and how CDATA sections are written. Refuses to know
what the text says or how long it may be.
"""

import re

#: Whatever is outside production 2 (Char) of XML 1.0, fifth edition, apart from surrogates.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
#: What there is anything to do about; nearly no text has it, and one search finds out.
_UNCLEAN = re.compile(r"[^\t\n\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_SURROGATE = re.compile(r"[\uD800-\uDFFF]")


def clean_text(text: str) -> str:
    r"""`text` without what XML 1.0 forbids, its line ends as \n.

    Halves of a surrogate pair that stand side by side become the character they mean, lone
    ones are dropped. Cleaning twice changes nothing more; count bytes on the result.
    """
    if (text.isascii() and text.isprintable()) or not _UNCLEAN.search(text):
        return text
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    text = _FORBIDDEN.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def cdata(text: str) -> str:
    """Clean `text` as CDATA; a `]]>` within is spread over two sections, so that it survives."""
    return f"<![CDATA[{clean_text(text).replace(']]>', ']]]]><![CDATA[>')}]]>"
