from xml.etree import ElementTree as ET

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.parser import xmltodict

from yingda.wechat.limits import TEXT_LIMIT_BYTES
from yingda.wechat.replies import (
    ImageReply,
    MusicReply,
    NewsReply,
    Reply,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
    clean_text,
    to_xml,
)

EVERY_STRING = st.text(st.characters(codec=None) | st.sampled_from("\ud83d\ude00]>\r\n\x00\uffff"))


def rendered(reply: Reply) -> bytes:
    return to_xml(reply, to_openid="o_follower", from_account_id="gh_test", created_at_s=1700000000)


def content_of(text: str) -> str:
    # Our own output, and the plainest parser there is to read it back with.
    found = ET.fromstring(rendered(TextReply(text))).findtext("Content")  # noqa: S314
    assert found is not None
    return found


KINDS: list[tuple[Reply, dict[str, object]]] = [
    (TextReply("你好"), {"MsgType": "text", "Content": "你好"}),
    (ImageReply("m1"), {"MsgType": "image", "Image": {"MediaId": "m1"}}),
    (VoiceReply("m2"), {"MsgType": "voice", "Voice": {"MediaId": "m2"}}),
    (
        VideoReply("m3", "题", "述"),
        {"MsgType": "video", "Video": {"MediaId": "m3", "Title": "题", "Description": "述"}},
    ),
    (
        MusicReply(thumb_media_id="t", title="a", description="b", music_url="c", hq_music_url="d"),
        {
            "MsgType": "music",
            "Music": {
                "Title": "a",
                "Description": "b",
                "MusicUrl": "c",
                "HQMusicUrl": "d",
                "ThumbMediaId": "t",
            },
        },
    ),
    (
        NewsReply(title="a", description="b", url="https://x/?a=1&b=2", picture_url="p"),
        {
            "MsgType": "news",
            "ArticleCount": "1",
            "Articles": {
                "item": {
                    "Title": "a",
                    "Description": "b",
                    "PicUrl": "p",
                    "Url": "https://x/?a=1&b=2",
                }
            },
        },
    ),
    (TransferReply(), {"MsgType": "transfer_customer_service"}),
    (
        TransferReply("amy@gh"),
        {"MsgType": "transfer_customer_service", "TransInfo": {"KfAccount": "amy@gh"}},
    ),
]


@pytest.mark.parametrize(("reply", "nodes"), KINDS)
def test_a_foreign_parser_reads_every_kind_as_the_official_page_has_it(
    reply: Reply, nodes: dict[str, object]
) -> None:
    head = {"ToUserName": "o_follower", "FromUserName": "gh_test", "CreateTime": "1700000000"}
    assert xmltodict.parse(rendered(reply))["xml"] == head | nodes


@settings(max_examples=200, deadline=None)
@given(EVERY_STRING)
def test_every_string_comes_back_cleaned(text: str) -> None:
    cleaned = clean_text(text)
    if cleaned.strip():
        assert content_of(text) == cleaned
    else:
        with pytest.raises(ValueError, match="empty Content"):
            rendered(TextReply(text))


@settings(max_examples=100)
@given(EVERY_STRING)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert cleaned.encode().decode() == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a]]>b]]]]>>", "a]]>b]]]]>>"),
        ("a\x00\x08\x0b\x1f\ufffe\uffffb", "ab"),
        ("a\ud800b\udfff", "ab"),
        ("\ud83d\ude00", "😀"),
        ("a\r\nb\rc\r\x00\nd", "a\nb\nc\nd"),
        ("\t\x7f\x85\ue000\U0010ffff", "\t\x7f\x85\ue000\U0010ffff"),
        ('<a href="x">&amp;</a>', '<a href="x">&amp;</a>'),
    ],
)
def test_cleaning_removes_what_xml_forbids_and_nothing_else(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned
    assert content_of(f"-{text}-") == f"-{cleaned}-"


@pytest.mark.parametrize("text", ["", " \n", "\x00", "\ud800", "\u3000"])
def test_a_text_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="empty Content"):
        rendered(TextReply(text))


def test_a_text_at_the_limit_is_whole_and_one_byte_more_is_cut() -> None:
    assert len(content_of("x" * TEXT_LIMIT_BYTES)) == TEXT_LIMIT_BYTES
    assert len(content_of("x" * (TEXT_LIMIT_BYTES + 1))) == TEXT_LIMIT_BYTES
    assert content_of("应" * 700) == "应" * (TEXT_LIMIT_BYTES // 3)


FAMILY = "👨‍👩‍👧‍👦"
LINK = '<a href="https://example.com/">继续</a>'


@pytest.mark.parametrize("lead", range(1, 60, 7))
@pytest.mark.parametrize("piece", [FAMILY, "e\u0301", "\n", LINK])
def test_a_cut_never_falls_inside_a_grapheme_or_a_link(piece: str, lead: int) -> None:
    text = "x" * lead + piece * 3000 + "x"
    cut = content_of(text)
    assert TEXT_LIMIT_BYTES - len(piece.encode()) < len(cut.encode()) <= TEXT_LIMIT_BYTES
    assert (len(cut) - lead) % len(piece) == 0
    assert text.startswith(cut)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40), st.integers(1900, 2060), st.text(max_size=40))
def test_a_cut_is_a_prefix_within_the_limit_at_a_grapheme(
    lead: str, filler: int, tail: str
) -> None:
    text = clean_text(lead + "x" * filler + tail + "y" * 200).lstrip()
    cut = content_of(text)
    assert text.startswith(cut)
    assert 0 < len(cut.encode()) <= TEXT_LIMIT_BYTES
    assert regex.findall(r"\X", text)[: len(regex.findall(r"\X", cut))] == regex.findall(r"\X", cut)


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        pytest.param(
            f'<a href="https://x/{"y" * 3000}">标签</a>', "标签", id="link over the limit"
        ),
        pytest.param(f'<a href="x">{"字" * 900}</a>', "字字", id="label over the limit"),
        pytest.param("<a " + "y" * 3000, "<a yyy", id="link never closed"),
        pytest.param("e" + "\u0301" * 3000, "e\u0301", id="grapheme over the limit"),
        pytest.param(" " * 3000 + "x", "x", id="blanks over the limit"),
    ],
)
def test_what_cannot_be_cut_well_still_arrives(text: str, begin: str) -> None:
    cut = content_of(text)
    assert cut.startswith(begin)
    assert len(cut.encode()) <= TEXT_LIMIT_BYTES


@settings(max_examples=50, deadline=None)
@given(EVERY_STRING)
def test_names_and_titles_of_any_kind_keep_the_reply_well_formed(text: str) -> None:
    body = to_xml(
        NewsReply(title=text, description=text, url=text),
        to_openid=text,
        from_account_id=text,
        created_at_s=1,
    )
    found = ET.fromstring(body)  # noqa: S314  our own output
    assert found.findtext("ToUserName") == clean_text(text)
    assert found.findtext("Articles/item/Title") == clean_text(text)


def test_a_reply_of_no_known_kind_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="no kind"):
        rendered(Reply())
