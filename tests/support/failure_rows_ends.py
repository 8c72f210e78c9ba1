"""Rows of the failure matrix: ends that are none, pictures and voice, and what is merely odd.

Data and nothing more.
"""

import msgspec

from support.failure_plays import (
    begun,
    ends,
    no_utf_8,
    null_text,
    nulls,
    plain_text,
    reasoning,
    refused,
    replaced,
    thinking,
    told,
    zipped,
)
from support.failure_table import (
    CHAT,
    COMPLETION,
    CUT_PART,
    DIFY,
    EMPTY,
    OPENAI,
    PERSON,
    PICTURE,
    REFUSED,
    SETTINGS,
    WHOLE,
    WORKFLOW,
    Outcome,
    Row,
    Story,
)
from support.odd_server import SILENCE, Again, Cut, Head, Pause
from support.vendor_wire import PART, REST, Refusal, paused, workflow_end
from yingda.errors import FailureKind

STORIES: tuple[Story, ...] = (
    Story(
        en="The run ends well and says nothing",
        zh="运行正常结束，却没有内容",
        outcome=EMPTY,
        rows=(
            Row(name="empty"),
            Row(name="blanks", play=lambda wire: wire.answer(" \n ")),
            Row(name="only thinking", play=thinking),
            Row(name="only reasoning", play=reasoning, of=(OPENAI,)),
            Row(name="limit before text", play=begun(ends("length")), of=(OPENAI,)),
        ),
    ),
    Story(
        en="The answer reached the limit of tokens",
        zh="回答到了长度上限",
        outcome=CUT_PART,
        rows=(Row(name="limit", play=told(ends("length")), of=(OPENAI,)),),
    ),
    Story(
        en="The vendor's moderation refuses the question or cuts the answer off",
        zh="厂商的内容审核拒绝了问题，或掐断了回答",
        outcome=REFUSED,
        rows=(
            Row(name="content refused", play=refused(Refusal.CONTENT), of=(OPENAI,)),
            Row(name="content filter", play=begun(ends("content_filter")), of=(OPENAI,)),
            Row(name="filter after text", play=told(ends("content_filter")), of=(OPENAI,)),
        ),
    ),
    Story(
        en="Moderation replaces the text",
        zh="内容审核换掉了文字",
        outcome=WHOLE,
        rows=(Row(name="replaced", play=replaced, of=DIFY),),
    ),
    Story(
        en="The model asks for a tool",
        zh="模型要调用工具",
        outcome=SETTINGS,
        rows=(Row(name="tool", play=begun(ends("tool_calls")), of=(OPENAI,)),),
    ),
    Story(
        en="The app waits for a person",
        zh="应用停下来等人处理",
        outcome=PERSON,
        rows=(Row(name="pause", play=begun(lambda _: paused()), of=(CHAT, WORKFLOW)),),
    ),
    Story(
        en="The app waits for a person behind some text",
        zh="应用写了一些，停下来等人处理",
        outcome=msgspec.structs.replace(PERSON, part=True),
        rows=(Row(name="pause after text", play=told(lambda _: paused()), of=(CHAT, WORKFLOW)),),
    ),
    Story(
        en="The conversation is gone at the provider",
        zh="对方那里的对话已经不在",
        outcome=msgspec.structs.replace(WHOLE, asked=2),
        rows=(
            Row(
                name="conversation gone",
                play=refused(Refusal.CONVERSATION),
                in_conversation=True,
                of=(CHAT,),
            ),
            Row(
                name="conversation completed",
                play=refused(Refusal.COMPLETED),
                in_conversation=True,
                of=(CHAT,),
            ),
            Row(
                name="conversation gone, pings",
                play=lambda _: (Head(), Again(b"event: ping\n\n", every_s=10.0)),
                in_conversation=True,
                of=(CHAT,),
            ),
        ),
    ),
    Story(
        en="The picture is refused",
        zh="图片被拒收",
        outcome=PICTURE,
        rows=(
            Row(
                name="picture refused",
                play=refused(Refusal.PICTURE),
                sends="picture",
                settings={"vision": True},
                of=(OPENAI,),
            ),
            Row(
                name="upload refused",
                play=refused(Refusal.PICTURE),
                sends="picture",
                of=(CHAT, COMPLETION),
            ),
        ),
    ),
    Story(
        en="The Dify app takes no pictures",
        zh="Dify 应用不收图片",
        outcome=msgspec.structs.replace(PICTURE, asked=0),
        rows=(
            Row(
                name="pictures off",
                sends="picture",
                parameters={"file_upload": {"image": {"enabled": False}}},
                of=DIFY,
            ),
        ),
    ),
    Story(
        en="Speech to text is switched off, or its key is wrong",
        zh="语音转文字没有打开，或它的密钥不对",
        outcome=msgspec.structs.replace(SETTINGS, falls_back=False),
        rows=(
            Row(name="speech off", play=refused(Refusal.SPEECH), sends="voice", of=DIFY),
            Row(
                name="speech key",
                play=refused(Refusal.KEY),
                sends="voice",
                settings={"transcription_model": "ear"},
            ),
        ),
    ),
    Story(
        en="Nothing is heard in the recording, or it is refused",
        zh="录音里什么也没听出来，或录音被拒收",
        outcome=Outcome(reads="failed_voice", logged=FailureKind.VOICE),
        rows=(
            Row(
                name="silence heard",
                play=lambda _: (Head(content_type="application/json"), b'{"text": " "}'),
                sends="voice",
                settings={"transcription_model": "ear"},
            ),
            Row(name="speech refused", play=refused(Refusal.RECORDING), sends="voice", of=DIFY),
        ),
    ),
    # Odd, and no failure
    Story(
        en="Odd, but the answer is whole",
        zh="有些反常，但回答完整",
        outcome=WHOLE,
        rows=(
            Row(name="gzip", play=zipped),
            Row(name="other type", play=plain_text),
            Row(name="nulls", play=nulls),
            Row(name="null text", play=null_text),
            Row(name="no UTF-8", play=no_utf_8),
            Row(
                name="partial success",
                play=lambda wire: (
                    Head(),
                    wire.opened(),
                    wire.text(PART),
                    workflow_end("partial-succeeded"),
                ),
                of=(CHAT, WORKFLOW),
            ),
            Row(name="left open", play=lambda wire: (*wire.answer(PART, REST), SILENCE)),
            Row(name="cut behind the end", play=lambda wire: (*wire.answer(PART, REST), Cut())),
            Row(
                name="slow, within the deadlines",
                play=lambda wire: (Head(), Pause(50.0), *wire.answer(PART, REST)[1:]),
            ),
        ),
    ),
)
