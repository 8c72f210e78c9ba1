"""Addresses of Dify's files in an answer's Markdown, made whole while it streams.

Knows that Dify writes them without their host (`/files/…`) unless its owner set one: Dify
service API, "Files in answers". Any other address is the answer's own. Pure; what it gives does
not depend on where the text was cut into pieces.
"""

from urllib.parse import urlsplit

import regex

#: How Dify's own addresses begin.
FILES_PATH = "/files/"
#: An image's or a link's address, up to what ends it. The bounds are our choice: a signed address
#: has about 200 characters, and so much text at most is held back while its end may come.
_ADDRESS = regex.compile(r"(?P<mark>\]\([ \t]{0,4}<?)(?P<path>/files/[^\s<>()]{1,2000})[\s<>()\"']")


class LinkFilter:
    """Passes an answer on, piece by piece, with `files_url` before the addresses of files.

    An address is told in one piece, or not at all before it is whole.
    """

    __slots__ = ("_files_url", "_held")

    def __init__(self, files_url: str) -> None:
        self._files_url = files_url
        self._held = ""

    def feed(self, piece: str) -> str:
        """The text that `piece` makes certain; may be empty."""
        if not self._held and "]" not in piece:
            return piece
        return self._drain(self._held + piece, final=False)

    def finish(self) -> str:
        """The text held back until now; to be called once, at the end of the answer."""
        return self._drain(self._held, final=True)

    def _drain(self, text: str, *, final: bool) -> str:
        told: list[str] = []
        begin = 0
        while match := _ADDRESS.search(text, begin, partial=not final):
            if match.partial:
                break
            end = match.end("path")
            told += (text[begin : match.end("mark")], self._files_url, match["path"])
            begin = end
        held_from = match.start() if match is not None else len(text)
        told.append(text[begin:held_from])
        self._held = text[held_from:]
        return "".join(told)


def linked(text: str, files_url: str) -> str:
    """A whole answer with the addresses of its files made whole."""
    links = LinkFilter(files_url)
    return links.feed(text) + links.finish()


def origin_of(base_url: str) -> str:
    """Where Dify's files are, as long as nobody says otherwise: the API's own scheme and host."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}"
