"""What a server was found not to take, and what is asked of it from then on."""

import pytest

from yingda.providers.base import Prompt
from yingda.providers.openai_request import Concessions, request_body
from yingda.providers.openai_settings import OpenAiSettings

SETTINGS = OpenAiSettings(base_url="https://a/v1", model="m", max_tokens=9)
PROMPT = Prompt(text="问", user="follower-1")

#: How servers refuse a field that they do not know, as their users' reports quote them.
MISTRAL = (
    b'{"object":"error","message":{"detail":[{"type":"extra_forbidden",'
    b'"loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted"}]}}'
)
VLLM = (
    b"{\"object\":\"error\",\"message\":\"[{'type': 'extra_forbidden', 'loc': ('body', "
    b"'stream_options'), 'msg': 'Extra inputs are not permitted'}]\",\"code\":400}"
)
NO_USER = b'{"detail":[{"type":"extra_forbidden","loc":["body","user"],"msg":"Extra inputs"}]}'
OPENAI = (
    b'{"error":{"message":"Unsupported parameter: \'max_tokens\' is not supported with this '
    b'model. Use \'max_completion_tokens\' instead.","param":"max_tokens"}}'
)


@pytest.mark.parametrize(
    ("status", "refusal", "field"),
    [
        (422, MISTRAL, "stream_options"),
        (400, VLLM, "stream_options"),
        (422, NO_USER, "user"),
        (400, b'{"error":{"message":"no","param":"user"}}', "user"),
        (400, b'{"error":{"message":"Unrecognized request argument supplied: user"}}', "user"),
        (400, OPENAI, "max_tokens"),
    ],
)
def test_a_refused_field_is_learnt_once_and_left_out(
    status: int, refusal: bytes, field: str
) -> None:
    concessions = Concessions()
    first = request_body(SETTINGS, PROMPT, concessions)
    assert field in first
    assert concessions.learn(first, status, refusal)
    second = request_body(SETTINGS, PROMPT, concessions)
    assert field not in second
    assert not concessions.learn(second, status, refusal)
    assert ("max_completion_tokens" in second) is (field == "max_tokens")


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (400, b"{\"error\":{\"message\":\"Input should be 'user', 'assistant' or 'system'\"}}"),
        (400, b"{\"message\":\"'max_tokens' or 'max_completion_tokens' is too large\"}"),
        (500, MISTRAL),
        (401, OPENAI),
        (400, b"<html>stream</html>"),
    ],
)  # fmt: skip
def test_other_refusals_change_nothing(status: int, refusal: bytes) -> None:
    concessions = Concessions()
    assert not concessions.learn(request_body(SETTINGS, PROMPT, concessions), status, refusal)
