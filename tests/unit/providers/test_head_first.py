"""aiohttp gets the head of a response and nothing else, wherever packets end."""

import asyncio
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.providers.head_first import HeadFirst

BODY = b"9\r\ndata: 0\n\n\r\nHTTP/1.1 200 OK\r\n\r\n"
HEADS = [
    b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\nA: b\n\n",
    b"HTTP/1.0 200 OK\r\nA: b\n\r\n",
    b"\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 429 No\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
]


class Reader(asyncio.Protocol):
    """In aiohttp's place."""

    def __init__(self) -> None:
        self.seen = b""
        self.is_lost = False

    def data_received(self, data: bytes) -> None:
        self.seen += data

    def connection_lost(self, exc: Exception | None) -> None:
        assert exc is None
        self.is_lost = True


class Transport:
    """As much of one as is needed."""

    def __init__(self) -> None:
        self.protocol: asyncio.BaseProtocol | None = None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol | None:
        return self.protocol

    def is_closing(self) -> bool:
        return False


def stand() -> tuple[HeadFirst, Reader, Transport]:
    reader, transport = Reader(), Transport()
    return HeadFirst(cast("asyncio.Transport", transport), reader), reader, transport


@given(st.data(), st.sampled_from(HEADS))
def test_the_head_goes_on_and_the_body_stays_however_packets_cut_them(
    data: st.DataObject, head: bytes
) -> None:
    wire = head + BODY
    cuts = data.draw(st.lists(st.integers(0, len(wire)), max_size=8))
    head_first, reader, transport = stand()
    for begin, end in pairwise(sorted({0, len(wire), *cuts})):
        head_first.data_received(wire[begin:end])
    assert reader.seen == head
    assert transport.protocol is head_first
    assert head_first.take_body() == BODY


@pytest.mark.parametrize("head", HEADS)
def test_a_packet_for_each_byte_makes_no_difference(head: bytes) -> None:
    head_first, reader, _ = stand()
    for byte in head + BODY:
        head_first.data_received(bytes([byte]))
    assert reader.seen == head
    assert head_first.take_body() == BODY


def test_let_on_it_gives_aiohttp_the_body_and_the_transport() -> None:
    head_first, reader, transport = stand()
    head_first.data_received(HEADS[0] + BODY)
    head_first.let_on()
    assert reader.seen == HEADS[0] + BODY
    assert transport.protocol is reader


def test_a_connection_that_is_lost_first_gives_aiohttp_what_came() -> None:
    head_first, reader, _ = stand()
    head_first.data_received(HEADS[0] + BODY)
    head_first.connection_lost(None)
    assert reader.seen == HEADS[0] + BODY
    assert reader.is_lost


def test_more_than_is_kept_back_goes_to_aiohttp_after_all() -> None:
    head_first, reader, transport = stand()
    head_first.data_received(HEADS[0])
    for _ in range(17):
        head_first.data_received(bytes(65_536))
    assert reader.seen == HEADS[0] + bytes(17 * 65_536)
    assert transport.protocol is reader
