"""Files that a run made, as Markdown for an answer that does not show them itself.

Knows a file's object as it stands in events and in outputs. Fetches nothing. An odd one
never spoils the answer: it is left out.
"""

from collections.abc import Iterator
from posixpath import basename
from urllib.parse import quote, unquote, urlsplit

import msgspec

from yingda.providers.dify_links import FILES_PATH
from yingda.providers.payloads import UNREADABLE

#: Our choice: a name is shown in one line of a chat.
_NAME_LIMIT_CHARS = 80
#: How a file came that the follower sent; what the run made is a `tool_file`. A chat app's closing
#: events name both, and a picture is not to be shown to whoever sent it.
_SENT = frozenset({"local_file", "remote_url"})


class AnswerFile(msgspec.Struct, frozen=True):
    """One file as Dify describes it."""

    url: str | None = None
    remote_url: str | None = None
    filename: str | None = None
    type: str | None = None
    mime_type: str | None = None
    transfer_method: str | None = None
    #: In events alone: `user` or `assistant`.
    belongs_to: str | None = None


def files_in(raw: msgspec.Raw) -> tuple[AnswerFile, ...]:
    """The files in the list of a closing event; null means none."""
    try:
        entries = msgspec.json.decode(raw, type=list[msgspec.Raw] | None) or []
    except UNREADABLE:
        return ()
    return tuple(file for each in entries if (file := _file(each)) is not None)


def made_files(raw: msgspec.Raw) -> tuple[AnswerFile, ...]:
    """Those of the list that the run made."""
    return tuple(each for each in files_in(raw) if each.transfer_method not in _SENT)


def made_file(event: bytes) -> tuple[AnswerFile, ...]:
    """The file that a `message_file` event tells of; none if the follower sent it."""
    file = _file(event)
    return () if file is None or file.belongs_to == "user" else (file,)


def _file(raw: msgspec.Raw | bytes) -> AnswerFile | None:
    try:
        return msgspec.json.decode(raw, type=AnswerFile)
    except UNREADABLE:
        return None


def as_file(value: object) -> AnswerFile | None:
    """The file that a decoded value is; None where it is something else."""
    if not isinstance(value, dict) or not ({"url", "remote_url"} & value.keys()):
        return None
    if not ({"transfer_method", "dify_model_identity"} & value.keys()):
        return None
    try:
        return msgspec.convert(value, AnswerFile)
    except msgspec.ValidationError:
        return None


def missing_markdown(text: str, files: tuple[AnswerFile, ...], files_url: str) -> str:
    """Images and links for those of the files that the text does not show, else ""."""
    shown = "\n\n".join(_missing(text, files, files_url))
    return f"\n\n{shown}" if shown and text.strip() else shown


def _missing(text: str, files: tuple[AnswerFile, ...], files_url: str) -> Iterator[str]:
    told: set[str] = set()
    for file in files:
        url = _whole(file.url or file.remote_url or "", files_url)
        mark = _mark(url)
        if mark and mark not in told and mark not in text:
            told.add(mark)
            yield _markdown(file, url)


def _whole(url: str, files_url: str) -> str:
    return files_url + url if url.startswith("/") else url


def _mark(url: str) -> str:
    """What a text holds that shows this file; "" when nobody could open it.

    A signature differs from one telling to the next, so Dify's own are known by their path.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    return parts.path if parts.path.startswith(FILES_PATH) else url


def _markdown(file: AnswerFile, url: str) -> str:
    name = file.filename or unquote(basename(urlsplit(url).path)) or file.type or "file"
    name = " ".join(name.translate(_UNMARKED).split())[:_NAME_LIMIT_CHARS]
    is_picture = file.type == "image" or (file.mime_type or "").startswith("image/")
    # What Markdown would take for the end of the address.
    return f"{'!' if is_picture else ''}[{name}]({quote(url, safe=_KEPT)})"


#: Characters of a name that Markdown would take for its end.
_UNMARKED = str.maketrans("[]\\", "   ")
#: What an address may hold as it is (RFC 3986), but for parentheses.
_KEPT = "%:/?#[]@!$&'*+,;=~-._"
