"""What a push means."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.engine.intake.aiming import aim
from yingda.engine.intake.commands import interpret
from yingda.engine.intake.intents import (
    Clear,
    Confirm,
    Forget,
    Ignore,
    Intent,
    Pickup,
    Question,
    Retry,
    Revoke,
    Status,
    Stop,
    Told,
    Unfollow,
)
from yingda.turn.lifecycle import State
from yingda.turn.model import FollowerView, Turn
from yingda.wechat.base import Message
from yingda.wechat.messages import TextMessage, decode
from yingda.words import Command, normalised, words_to_commands, words_to_show

WORDS = words_to_commands({"clear": ("新对话", "Start Over")})
HEAD = "<ToUserName>gh_a</ToUserName><FromUserName>o_a</FromUserName><CreateTime>1</CreateTime>"

PRIVACY = "<MsgType>event</MsgType><Event>"


def text(content: str) -> TextMessage:
    return TextMessage("gh_a", "o_a", 1, "m:1", content=content)


def push(inner: str) -> Message:
    return decode(f"<xml>{HEAD}{inner}</xml>".encode())


def meaning(message: Message, pickup_word: str = "1") -> Intent:
    return interpret(message, pickup_word=pickup_word, words=WORDS)


@pytest.mark.parametrize(
    ("content", "intent"),
    [
        ("你好", Question("你好")),
        (" 你好 ", Question(" 你好 ")),
        ("1", Pickup("1", None)),
        (" 1\n", Pickup(" 1\n", None)),
        ("１", Pickup("１", None)),
        ("1#12", Pickup("1#12", 12)),
        ("１＃３", Pickup("１＃３", 3)),
        ("1#", Question("1#")),
        ("1#x", Question("1#x")),
        ("1#٣", Question("1#٣")),
        ("1#1234567890", Question("1#1234567890")),
        ("11", Question("11")),
        ("1.", Question("1.")),
        ("2", Question("2")),
        ("/clear", Clear()),
        ("/CLEAR ", Clear()),
        ("／ｃｌｅａｒ", Clear()),
        ("新 对话", Clear()),
        ("start over", Clear()),
        ("开始新对话", Question("开始新对话")),
        ("/help", Told("help")),
        ("/stop", Stop()),
        ("／ＳＴＯＰ", Stop()),
        ("/status ", Status()),
        ("/retry", Retry(None)),
        ("/retry#12", Retry(12)),
        ("／retry ＃ 3", Retry(3)),
        ("/retry#x", Told("help")),
        ("/retry3", Told("help")),
        ("/forget", Forget()),
        ("/forget 012345", Confirm("012345")),
        ("/forget#012345", Confirm("012345")),
        ("/forget 12345", Told("help")),
        ("/forget me", Told("help")),
        ("确认", Confirm(None)),
        (" 确 认", Confirm(None)),
        ("Confirm", Confirm(None)),
        ("确认吗", Question("确认吗")),
        ("/new", Told("help")),
        ("/unknown", Told("help")),
        ("/", Told("help")),
        ("/::)", Question("/::)")),
        ("/:rose", Question("/:rose")),
        ("a/clear", Question("a/clear")),
        ("", Told("empty_question")),
        (" \n\t　", Told("empty_question")),
        ("【收到不支持的消息类型，暂无法显示】", Told("unsupported_other")),
    ],
)
def test_a_text_means_what_the_table_says(content: str, intent: Intent) -> None:
    assert meaning(text(content)) == intent


@pytest.mark.parametrize("content", ["查看", "查 看", "查看#7"])
def test_an_operator_may_choose_another_pickup_word(content: str) -> None:
    assert isinstance(meaning(text(content), "查看"), Pickup)
    assert meaning(text("1"), "查看") == Question("1")


@pytest.mark.parametrize(
    ("inner", "intent"),
    [
        ("<MsgType>image</MsgType><MsgId>1</MsgId>", Told("unsupported_image")),
        ("<MsgType>voice</MsgType><MsgId>1</MsgId>", Told("unsupported_voice")),
        ("<MsgType>video</MsgType><MsgId>1</MsgId>", Told("unsupported_video")),
        ("<MsgType>shortvideo</MsgType><MsgId>1</MsgId>", Told("unsupported_video")),
        ("<MsgType>location</MsgType><MsgId>1</MsgId>", Told("unsupported_location")),
        ("<MsgType>link</MsgType><MsgId>1</MsgId>", Told("unsupported_link")),
        ("<MsgType>hologram</MsgType><MsgId>1</MsgId>", Told("unsupported_other")),
        ("<MsgType>event</MsgType><Event>subscribe</Event>", Told("welcome")),
        ("<MsgType>event</MsgType><Event>unsubscribe</Event>", Unfollow()),
        (f"{PRIVACY}user_authorization_revoke</Event><OpenID>o_b</OpenID>", Revoke("o_b")),
        (f"{PRIVACY}user_authorization_revoke</Event>", Revoke("o_a")),
        (f"{PRIVACY}user_info_modified</Event><RevokeInfo>1</RevokeInfo>", Revoke("o_a")),
        (f"{PRIVACY}user_info_modified</Event>", Ignore()),
        ("<MsgType>event</MsgType><Event>CLICK</Event><EventKey>/stop</EventKey>", Stop()),
        ("<MsgType>event</MsgType><Event>VIEW</Event><EventKey>u</EventKey>", Ignore()),
        ("<MsgType>event</MsgType><Event>CLICK</Event><EventKey>/clear</EventKey>", Clear()),
        ("<MsgType>event</MsgType><Event>CLICK</Event><EventKey>other</EventKey>", Ignore()),
        ("<MsgType>event</MsgType><Event>from_the_future</Event>", Ignore()),
    ],
)
def test_a_push_of_another_kind_means_what_the_table_says(inner: str, intent: Intent) -> None:
    assert meaning(push(inner)) == intent


@pytest.mark.parametrize("content", ["/forget", "/forget 012345"])
def test_the_word_of_a_forgetting_that_is_off_means_nothing(content: str) -> None:
    words = words_to_commands({}, {Command.FORGET})
    assert interpret(text(content), pickup_word="1", words=words) == Told("help")


def test_a_confirming_word_with_nothing_to_confirm_is_a_text_like_any_other() -> None:
    words = words_to_commands({})
    found = interpret(text("确认"), pickup_word="1", words=words, confirms=False)
    assert found == Question("确认")


def test_a_built_in_word_that_is_off_leaves_the_operators_own_on() -> None:
    words = words_to_commands({"retry": ("再来",)}, {Command.RETRY, Command.STOP})
    found = [
        interpret(text(content), pickup_word="1", words=words)
        for content in ("/retry", "/stop", "再来", "再来#4")
    ]
    assert found == [Told("help"), Told("help"), Retry(None), Retry(4)]


def test_replies_name_a_command_by_its_built_in_word_or_else_by_the_first_of_the_operators() -> (
    None
):
    shown = words_to_show(
        {"retry": ("再来", "重问"), "clear": ("新对话",)}, {Command.RETRY, Command.STOP}
    )
    assert list(shown.items()) == [
        (Command.CLEAR, "/clear"),
        (Command.RETRY, "再来"),
        (Command.GOOD, "/good"),
        (Command.BAD, "/bad"),
        (Command.STATUS, "/status"),
        (Command.MODEL, "/model"),
        (Command.FORGET, "/forget"),
        (Command.HELP, "/help"),
    ]


@given(st.text())
def test_every_text_means_something(content: str) -> None:
    assert meaning(text(content)) is not None


@given(st.text(alphabet=st.characters(codec="gb18030", categories=("L", "N", "Po", "Zs"))))
def test_comparing_a_compared_word_changes_nothing_in_words_that_people_type(word: str) -> None:
    once = normalised(word)
    assert normalised(once) == once


# What a pickup fetches


def turn(number: int, state: State = State.ANSWERED, **changes: object) -> Turn:
    made = Turn(
        id=number,
        conversation_id=1,
        account="a",
        openid="o",
        number=number,
        question="q",
        state=state,
        run_no=1,
        entered_at=0.0,
        answer="An answer.",
    )
    return msgspec.structs.replace(made, **changes)


RUNNING = turn(3, State.RUNNING)
UNREAD = turn(2, is_unread=True)
READ = turn(1)
QUIZ = turn(1, answer="回复 1 继续")
BARE, NAMED = Pickup("1", None), Pickup("1#1", 1)


@pytest.mark.parametrize(
    ("pickup", "view", "expected"),
    [
        (BARE, FollowerView(), None),
        (BARE, FollowerView(pending=(RUNNING,)), (3, False)),
        (BARE, FollowerView(pending=(RUNNING,), unread=(UNREAD,), last=UNREAD), (2, False)),
        (BARE, FollowerView(last=READ), (1, True)),
        (BARE, FollowerView(last=QUIZ), None),
        (BARE, FollowerView(pending=(RUNNING,), last=QUIZ), (3, False)),
        (NAMED, FollowerView(last=QUIZ), (1, True)),
        (NAMED, FollowerView(pending=(RUNNING,), last=READ), (1, True)),
        (Pickup("1#3", 3), FollowerView(pending=(RUNNING,), unread=(UNREAD,)), (3, False)),
        (Pickup("1#9", 9), FollowerView(unread=(UNREAD,), last=READ), (2, False)),
        (Pickup("1#9", 9), FollowerView(), None),
    ],
)
def test_a_pickup_fetches_what_the_table_says(
    pickup: Pickup, view: FollowerView, expected: tuple[int, bool] | None
) -> None:
    found = aim(pickup, view, "1")
    assert (found and (found.turn.number, found.is_again)) == expected


def test_the_typed_word_joins_the_turn_that_was_promised_last() -> None:
    unread = turn(1, is_unread=True, promised_at=10.0)
    running = turn(2, State.RUNNING, promised_at=20.0)
    found = aim(BARE, FollowerView(unread=(unread,), pending=(running, RUNNING)), "1")
    assert found is not None
    assert found.turn.number == 2
