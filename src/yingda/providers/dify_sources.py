"""The documents that an answer leans on, as Dify's closing event and its kept messages tell them.

Knows `retriever_resources` alone. An odd one never spoils the answer: it is left out.
"""

from urllib.parse import urlsplit

import msgspec

from yingda.providers.base import Source
from yingda.providers.payloads import UNREADABLE

#: Our choice: a title is one line of a short list.
_TITLE_LIMIT_CHARS = 120


class _DocumentData(msgspec.Struct, frozen=True):
    #: What Dify notes of a document: of a page that it crawled, its address.
    source: object = None
    url: object = None


class _Resource(msgspec.Struct, frozen=True):
    document_id: str | None = None
    document_name: str | None = None
    url: object = None
    doc_metadata: msgspec.Raw = msgspec.Raw()


class _Metadata(msgspec.Struct, frozen=True):
    retriever_resources: list[msgspec.Raw] | None = None


def sources_in(metadata: msgspec.Raw) -> tuple[Source, ...]:
    """One source for each document, in Dify's order, which is that of their weight."""
    try:
        resources = msgspec.json.decode(metadata, type=_Metadata).retriever_resources or []
    except UNREADABLE:
        return ()
    return _sources(resources)


def kept_sources_in(resources: msgspec.Raw) -> tuple[Source, ...]:
    """The same of the `retriever_resources` of a message that Dify keeps."""
    try:
        return _sources(msgspec.json.decode(resources, type=list[msgspec.Raw] | None) or [])
    except UNREADABLE:
        return ()


def _sources(resources: list[msgspec.Raw]) -> tuple[Source, ...]:
    found: dict[str, Source] = {}
    for raw in resources:
        resource = _resource(raw)
        title = " ".join((resource.document_name or "").split())[:_TITLE_LIMIT_CHARS]
        if title:
            found.setdefault(resource.document_id or title, Source(title, _url(resource)))
    return tuple(found.values())


def _resource(raw: msgspec.Raw) -> _Resource:
    try:
        return msgspec.json.decode(raw, type=_Resource)
    except UNREADABLE:
        return _Resource()


def _url(resource: _Resource) -> str:
    try:
        data = msgspec.json.decode(resource.doc_metadata, type=_DocumentData)
    except UNREADABLE:
        data = _DocumentData()
    told = (resource.url, data.url, data.source)
    return next((each for each in told if isinstance(each, str) and _is_page(each)), "")


def _is_page(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    is_plain = text.isprintable() and not any(map(str.isspace, text))
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and is_plain
