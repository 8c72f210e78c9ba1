"""Rows of the failure matrix: streams that go wrong. Data and nothing more."""

import msgspec

from support.failure_plays import begun, error, half, told
from support.failure_table import CHAT, CUT, CUT_PART, DOWN, WORKFLOW, Row, Story
from support.odd_server import SILENCE, Again, Cut
from support.vendor_wire import Refusal, workflow_end
from yingda.errors import FailureKind

#: Longer than a line may be (`sse.LINE_LIMIT_BYTES`).
LONG_LINE = b"x" * (10 * 1024 * 1024)
LIMIT_CHARS = 400

STORIES: tuple[Story, ...] = (
    Story(
        en="The run fails before any text",
        zh="运行在写出文字之前失败",
        outcome=DOWN,
        rows=(
            Row(name="error event", play=begun(error(Refusal.FAILED))),
            Row(
                name="workflow failed",
                play=begun(workflow_end("failed")),
                of=(CHAT, WORKFLOW),
            ),
        ),
    ),
    Story(
        en="The stream breaks before any text",
        zh="回答在写出文字之前中断",
        outcome=CUT,
        rows=(
            Row(name="cut", play=begun(Cut())),
            Row(name="half an event", play=begun(half, Cut())),
            Row(name="half an event, and an end", play=begun(half)),
            Row(name="ends without an end", play=begun()),
            Row(name="no JSON", play=begun(b"data: {nothing\n\n")),
            Row(name="a line without end", play=begun(b'data: {"event": "', LONG_LINE, SILENCE)),
            Row(name="stopped by hand", play=begun(workflow_end("stopped")), of=(CHAT, WORKFLOW)),
        ),
    ),
    Story(
        en="The stream breaks after some text",
        zh="回答写到一半中断",
        outcome=CUT_PART,
        rows=(
            Row(name="cut after text", play=told(Cut())),
            Row(name="half an event after text", play=told(half, Cut())),
            Row(name="ends without an end, after text", play=told()),
            Row(name="no JSON after text", play=told(b"data: {nothing\n\n")),
            Row(
                name="no UTF-8 after text",
                play=told(lambda wire: wire.text("断").replace(b"\xad", b"\xff")),
            ),
            Row(
                name="a line without end, after text",
                play=told(b'data: {"a": "', LONG_LINE, SILENCE),
            ),
            Row(name="stopped after text", play=told(workflow_end("stopped")), of=(CHAT, WORKFLOW)),
        ),
    ),
    Story(
        en="The run fails after some text",
        zh="运行写到一半失败",
        outcome=msgspec.structs.replace(CUT_PART, logged=FailureKind.UNAVAILABLE),
        rows=(
            Row(name="error event after text", play=told(error(Refusal.FAILED))),
            Row(
                name="workflow failed after text",
                play=told(workflow_end("failed")),
                of=(CHAT, WORKFLOW),
            ),
        ),
    ),
    Story(
        en="The answer stalls, or drips beyond the deadline",
        zh="回答写到一半停住，或慢到超过总时限",
        outcome=msgspec.structs.replace(CUT_PART, logged=FailureKind.TIMEOUT),
        rows=(
            Row(name="stalls after text", play=told(SILENCE)),
            Row(
                name="slow drip",
                play=told(lambda wire: Again(wire.text("慢"), every_s=30.0)),
            ),
        ),
    ),
    Story(
        en="The answer does not end",
        zh="回答没完没了",
        outcome=CUT_PART,
        rows=(
            Row(
                name="endless",
                play=told(lambda wire: Again(wire.text("长" * 50), every_s=0.1)),
                settings={"answer_limit_chars": LIMIT_CHARS},
            ),
        ),
    ),
)
