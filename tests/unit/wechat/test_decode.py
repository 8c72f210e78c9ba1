import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.wechat_wire import PUSHES, golden_push
from yingda.errors import BodyMalformed, BodyTooLarge
from yingda.wechat import events as e
from yingda.wechat import messages as m
from yingda.wechat.limits import (
    BODY_LIMIT_BYTES,
    DEPTH_LIMIT,
    NODE_LIMIT,
    PUSH_KEY_LIMIT_CHARS,
)

GOLDEN = [path.read_bytes() for path in PUSHES]
IDS = "<ToUserName>gh</ToUserName><FromUserName>o</FromUserName>"
BILLION_LAUGHS = (
    '<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    f"<xml>{IDS}<MsgType>text</MsgType><Content>&c;</Content></xml>"
)


def xml(nodes: str, ids: str = IDS) -> bytes:
    return f"<xml>{ids}{nodes}</xml>".encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n", id="blank"),
        pytest.param(b"success", id="no markup"),
        pytest.param(xml("")[:-1], id="cut off"),
        pytest.param(b"<xml/>", id="no nodes"),
        pytest.param(b"<html><ToUserName>a</ToUserName></html>", id="another root"),
        pytest.param(xml("", ids="<ToUserName>gh</ToUserName>"), id="no sender"),
        pytest.param(xml("", ids="<FromUserName>o</FromUserName>"), id="no receiver"),
        pytest.param(xml("", ids=IDS.replace("gh", "g" * 129)), id="receiver is no id"),
        pytest.param(xml("<Content>&nope;</Content>"), id="unknown entity"),
        pytest.param(b"<xml>\xed\xa0\x80</xml>", id="surrogate in UTF-8"),
        pytest.param(BILLION_LAUGHS.encode(), id="billion laughs"),
        pytest.param(BILLION_LAUGHS.encode("utf-16"), id="doctype in UTF-16"),
        pytest.param(BILLION_LAUGHS.encode("utf-16-be"), id="doctype in UTF-16 without BOM"),
        pytest.param(b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>', id="external doctype"),
        pytest.param(b"<a>" * 200_000, id="200 000 nested levels"),
        pytest.param(b"<xml>" + b"<a/>" * NODE_LIMIT + b"</xml>", id="too many nodes"),
        pytest.param(b'{"a":' * 100_000, id="JSON nested"),
        pytest.param(b'{"a":' * 20 + b"1" + b"}" * 20, id="JSON too deep"),
        pytest.param(b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", id="JSON lists too deep"),
        pytest.param(b'{"a":[' + b"1," * NODE_LIMIT + b"1]}", id="JSON too wide"),
        pytest.param(b'{"ToUserName":"a"', id="JSON cut off"),
        pytest.param(b'{"ToUserName":"\xff"}', id="JSON is no UTF-8"),
        pytest.param(b'{"ToUserName":"a","FromUserName":null}', id="JSON without sender"),
        pytest.param(b"[]", id="JSON list"),
    ],
)
def test_what_is_no_push_is_malformed(body: bytes) -> None:
    with pytest.raises(BodyMalformed):
        m.decode(body)


def test_a_body_over_the_cap_is_too_large_and_one_at_the_cap_is_read() -> None:
    full = xml(f"<Content>{'x' * (BODY_LIMIT_BYTES - len(xml('<Content></Content>')))}</Content>")
    assert len(full) == BODY_LIMIT_BYTES
    assert m.decode(full).openid == "o"
    with pytest.raises(BodyTooLarge):
        m.decode(full + b" ")


def test_nesting_is_allowed_up_to_the_limit_only() -> None:
    levels = DEPTH_LIMIT - 1
    assert m.decode(xml("<a>" * levels + "</a>" * levels)).openid == "o"
    with pytest.raises(BodyMalformed):
        m.decode(xml("<a>" * DEPTH_LIMIT + "</a>" * DEPTH_LIMIT))


def decoded_or_none(body: bytes) -> m.Message | None:
    try:
        return m.decode(body)
    except (BodyMalformed, BodyTooLarge):
        return None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
@example(b"<?xml version='1.0' encoding='rot13'?><xml/>")
@example(b'{"ToUserName":"a","FromUserName":"b","CreateTime":1e999}')
def test_arbitrary_bytes_are_a_value_or_one_of_two_errors(body: bytes) -> None:
    value = decoded_or_none(body)
    assert value is None or value.openid


@settings(max_examples=150, deadline=None)
@given(
    push=st.sampled_from(GOLDEN),
    begin=st.integers(0, 600),
    length=st.integers(0, 40),
    patch=st.binary(max_size=12) | st.sampled_from([b"<item>", b"</List>", b"]]>", b"-9e999"]),
)
def test_a_mutated_push_is_a_value_or_one_of_two_errors(
    push: bytes, begin: int, length: int, patch: bytes
) -> None:
    value = decoded_or_none(push[:begin] + patch + push[begin + length :])
    assert value is None or 0 < len(value.push_key) <= PUSH_KEY_LIMIT_CHARS


def test_a_json_push_is_read_like_its_xml() -> None:
    members = {
        "ToUserName": "gh_test",
        "FromUserName": "o_follower",
        "CreateTime": 1_700_000_000,
        "MsgType": "event",
        "Event": "pic_weixin",
        "EventKey": "photo",
        "SendPicsInfo": {
            "Count": 2.0,
            "PicList": {
                "item": [
                    {"PicMd5Sum": "1b5f7c23b5bf75682a53e7b6d163e185"},
                    {"PicMd5Sum": "5a75aaca956d97be686719218f275c6b"},
                ]
            },
        },
    }
    body = msgspec.json.encode(members)
    assert m.decode(body) == m.decode(golden_push("event_pic_weixin"))
    assert m.decode(b"\xef\xbb\xbf \n"[:3] + body) == m.decode(b"\n " + body)


def test_a_json_text_holds_no_character_that_xml_could_not_bring() -> None:
    body = b'{"ToUserName":"gh","FromUserName":"o","MsgType":"text","Content":"a\\u0000b\\r\\n"}'
    text = m.decode(body)
    assert isinstance(text, m.TextMessage)
    assert text.content == "ab\n"


def test_of_equal_nodes_the_first_counts() -> None:
    nodes = (
        "<MsgType>text</MsgType><Content>one</Content><Content>two</Content><Content><a/></Content>"
    )
    text = m.decode(xml(nodes))
    assert isinstance(text, m.TextMessage)
    assert text.content == "one"


def test_the_blanks_of_a_text_are_kept_and_those_around_other_values_are_not() -> None:
    text = m.decode(xml("<MsgType> TEXT\n</MsgType><Content>\n a \n</Content><MsgId> 7 </MsgId>"))
    assert isinstance(text, m.TextMessage)
    assert (text.content, text.message_id) == ("\n a \n", "7")


@pytest.mark.parametrize("number", ["", "x", "1_000", "١٢", "-1", "1.5", "9" * 30, "9" * 5000])
def test_a_create_time_that_is_no_number_of_seconds_is_zero(number: str) -> None:
    assert m.decode(xml(f"<CreateTime>{number}</CreateTime>")).created_at_s == 0


@pytest.mark.parametrize("number", ["", "x", "nan", "inf", "-1e999"])
def test_a_latitude_that_is_no_number_is_none(number: str) -> None:
    place = m.decode(xml(f"<MsgType>location</MsgType><Location_X>{number}</Location_X>"))
    assert isinstance(place, m.LocationMessage)
    assert (place.latitude, place.longitude, place.scale) == (None, None, None)


def test_a_missing_or_unknown_kind_is_a_value_with_its_name_clipped() -> None:
    nameless = m.decode(xml(""))
    assert isinstance(nameless, m.UnknownMessage)
    assert nameless.msg_type == ""
    named = m.decode(xml(f"<MsgType>event</MsgType><Event>{'E' * 500}</Event>"))
    assert isinstance(named, e.UnknownEvent)
    assert named.name == "e" * 64


def test_a_message_without_an_id_is_known_by_what_it_says() -> None:
    def key(nodes: str) -> str:
        return m.decode(xml(f"<CreateTime>5</CreateTime><MsgType>text</MsgType>{nodes}")).push_key

    assert key("<Content>a</Content>") == key("<Content>a</Content>")
    assert key("<Content>a</Content>") != key("<Content>b</Content>")
    assert key("<Content>a</Content>").startswith("d:5:text:")


def test_two_events_of_one_second_have_two_keys() -> None:
    def key(nodes: str) -> str:
        event = "<CreateTime>5</CreateTime><MsgType>event</MsgType>"
        return m.decode(xml(event + nodes)).push_key

    keys = [
        key("<Event>CLICK</Event><EventKey>a</EventKey>"),
        key("<Event>CLICK</Event><EventKey>b</EventKey>"),
        key("<Event>VIEW</Event><EventKey>a</EventKey>"),
        key("<Event>TEMPLATESENDJOBFINISH</Event><MsgID>1</MsgID>"),
        key("<Event>TEMPLATESENDJOBFINISH</Event><MsgID>2</MsgID>"),
    ]
    assert len(set(keys)) == len(keys)


def test_long_keys_stay_within_the_limit_and_apart() -> None:
    urls = [f"https://example.com/{'x' * 1000}{tail}" for tail in "ab"]
    keys = {
        m.decode(
            xml(f"<MsgType>event</MsgType><Event>VIEW</Event><EventKey>{url}</EventKey>")
        ).push_key
        for url in urls
    }
    assert len(keys) == 2
    assert {len(key) for key in keys} == {PUSH_KEY_LIMIT_CHARS}
