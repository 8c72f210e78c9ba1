"""Plain chunks are cut wherever packets end; all else is given back as it came."""

from itertools import pairwise

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.providers.chunks import ChunkCutter

_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CONTENT = st.binary(min_size=1, max_size=40)


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


@st.composite
def packets(draw: st.DrawFn, wire: bytes) -> list[bytes]:
    """The wire, cut anywhere."""
    cuts = draw(st.lists(st.integers(0, len(wire)), max_size=8))
    bounds = sorted({0, len(wire), *cuts})
    return [wire[begin:end] for begin, end in pairwise(bounds)]


def cut(wire: list[bytes]) -> tuple[bytes, bytes | None]:
    """What was in the chunks, and what is no plain chunk any more."""
    cutter = ChunkCutter()
    body = b""
    for number, packet in enumerate(wire):
        body += cutter.feed(packet)
        if cutter.rest is not None:
            return body, b"".join([cutter.rest, *wire[number + 1 :]])
    return body, None


class Oracle:
    """What a whole parser makes of a chunked body."""

    def __init__(self, wire: bytes) -> None:
        self.body = b""
        self.is_over = self.is_broken = False
        parser = httptools.HttpResponseParser(self)
        # As aiohttp sets its own.
        parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)
        try:
            parser.feed_data(_HEAD + wire)
        except httptools.HttpParserError:
            # What stands behind the end is no part of the body.
            self.is_broken = not self.is_over

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_over = True


@given(st.data(), st.lists(CONTENT, max_size=6))
def test_chunks_give_the_same_content_however_packets_cut_them(
    data: st.DataObject, contents: list[bytes]
) -> None:
    wire = b"".join(map(chunk, contents))
    assert cut(data.draw(packets(wire))) == (b"".join(contents), None)


@given(st.data(), st.lists(CONTENT, max_size=4))
def test_the_last_chunk_and_what_follows_is_given_back_untouched(
    data: st.DataObject, contents: list[bytes]
) -> None:
    end = b"0\r\nDigest: none\r\n\r\nHTTP/1.1"
    wire = b"".join(map(chunk, contents)) + end
    assert cut(data.draw(packets(wire))) == (b"".join(contents), end)


ODD = st.sampled_from(
    [
        b"0\r\n\r\n",
        b"000\r\n\r\n",
        b"0\r\nDigest: none\r\n\r\n",
        b"3;note=1\r\nabc\r\n",
        b"000000003\r\nabc\r\n",
        b"3\r\nabcd\r\n",
        b"3\r\nab\r\n",
        b"3\r\nabc\r\r\n",
        b"-3\r\nabc\r\n",
        b"+3\r\nabc\r\n",
        b"0x3\r\nabc\r\n",
        b"1_0\r\nabc\r\n",
        b"ffffffffffffffffff\r\nabc",
        b"\r\n",
        b"data: no chunk\n\n",
        b"5\r",
    ]
)


@given(st.data(), st.lists(CONTENT.map(chunk) | ODD, max_size=6))
def test_cutting_and_then_a_whole_parser_see_what_the_parser_alone_sees(
    data: st.DataObject, parts: list[bytes]
) -> None:
    wire = b"".join(parts)
    body, rest = cut(data.draw(packets(wire)))
    alone, behind = Oracle(wire), Oracle(rest or b"")
    assert body + behind.body == alone.body
    assert (behind.is_over, behind.is_broken) == (alone.is_over, alone.is_broken)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_bare_line_feed_ends_a_chunk_as_it_does_for_aiohttp(size: int) -> None:
    wire = b"3\r\nabc\n3\r\ndef\r\n"
    pieces = [wire[begin : begin + size] for begin in range(0, len(wire), size)]
    assert cut(pieces) == (b"abcdef", None)
