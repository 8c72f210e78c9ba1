"""The documents that an answer leans on."""

import json

import msgspec
import pytest

from yingda.providers.base import Source
from yingda.providers.dify_sources import kept_sources_in, sources_in


def sources(*resources: object) -> tuple[Source, ...]:
    metadata = json.dumps({"usage": {}, "retriever_resources": list(resources)})
    return sources_in(msgspec.Raw(metadata.encode()))


def test_each_document_is_named_once_in_dify_s_order() -> None:
    found = sources(
        {"document_id": "1", "document_name": "价目.xlsx", "segment_id": "a"},
        {"document_id": "2", "document_name": "  手册\n第二版 "},
        {"document_id": "1", "document_name": "价目.xlsx", "segment_id": "b"},
        {"document_name": "无号"},
        {"document_name": "无号"},
    )
    assert found == (Source("价目.xlsx"), Source("手册 第二版"), Source("无号"))


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"url": "https://x.com/a"}, "https://x.com/a"),
        ({"doc_metadata": {"url": "http://x.com/a"}}, "http://x.com/a"),
        ({"doc_metadata": {"source": "https://x.com/a"}}, "https://x.com/a"),
        ({"doc_metadata": {"source": "file_upload"}}, ""),
        ({"url": "javascript:alert(1)"}, ""),
        ({"url": "https://"}, ""),
        ({"url": "https://[::1"}, ""),
        ({"url": "https://x.com/a b"}, ""),
        ({"url": 5, "doc_metadata": []}, ""),
    ],
)
def test_only_an_address_that_can_be_opened_is_given(fields: dict[str, object], url: str) -> None:
    assert sources({"document_name": "a", **fields}) == (Source("a", url),)


@pytest.mark.parametrize("resource", [None, 5, {}, {"document_name": None}, {"document_name": 5}])
def test_an_odd_entry_is_left_out(resource: object) -> None:
    assert sources(resource, {"document_name": "b"}) == (Source("b"),)


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b'{"retriever_resources":null}', b"{}", b"{"])
def test_without_resources_there_is_no_source(raw: bytes) -> None:
    assert sources_in(msgspec.Raw(raw)) == ()


@pytest.mark.parametrize("kept", [b"", b"null", b"7", b"{}", b'"x"'])
def test_a_kept_message_without_sources_names_none(kept: bytes) -> None:
    assert kept_sources_in(msgspec.Raw(kept)) == ()


def test_a_kept_message_names_its_documents() -> None:
    kept = json.dumps([{"document_id": "1", "document_name": "价目.xlsx"}, 7])
    assert kept_sources_in(msgspec.Raw(kept.encode())) == (Source("价目.xlsx"),)
