"""What is read later with others is text and nothing else; where in doubt, it is read at once."""

import pytest

from yingda.providers import dify_wire, openai_wire

DIFY = b'data: {"event": "%b", "task_id": "t", "answer": "x"}\n\n'
OPENAI = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":%b}]}\n\n'


@pytest.mark.parametrize("name", [b"message", b"agent_message", b"text_chunk"])
def test_a_piece_of_difys_text_may_wait(name: bytes) -> None:
    assert dify_wire.is_text_alone(DIFY % name)


@pytest.mark.parametrize(
    "packet",
    [
        *(DIFY % name for name in (b"message_end", b"message_replace", b"error", b"ping")),
        *(DIFY % name for name in (b"workflow_finished", b"text_replace", b"workflow_paused")),
        DIFY % b"message" + DIFY % b"message_end",
        DIFY % b"message" + b"data: ",
        (DIFY % b"message")[:-1],
        (DIFY % b"message")[:-2],
        (DIFY % b"message")[3:],
        b'data: {"event":"message","answer":"x"}\n\n',
        b"event: ping\n\n",
        b"",
    ],
)
def test_of_dify_nothing_else_waits(packet: bytes) -> None:
    assert not dify_wire.is_text_alone(packet)


@pytest.mark.parametrize("packet", [OPENAI % b"null", (OPENAI % b"null").replace(b'":', b'": ')])
def test_a_chunk_that_the_answer_goes_on_behind_may_wait(packet: bytes) -> None:
    assert openai_wire.is_text_alone(packet)


@pytest.mark.parametrize(
    "packet",
    [
        OPENAI % b'"stop"',
        OPENAI % b"null" + OPENAI % b'"stop"',
        OPENAI % b"null" + b"data: [DONE]\n\n",
        (OPENAI % b"null")[:-1],
        (OPENAI % b"null")[3:],
        b'data: {"error":{"message":"x"}}\n\n',
        b"data: [DONE]\n\n",
        b": keep-alive\n\n",
        b"",
    ],
)
def test_of_chat_completions_nothing_else_waits(packet: bytes) -> None:
    assert not openai_wire.is_text_alone(packet)
