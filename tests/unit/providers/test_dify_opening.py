"""How a Dify app introduces itself."""

import pytest

from support.dify_pair import dify_pair
from yingda.errors import ProviderMisconfigured, ProviderUnavailable
from yingda.providers.capabilities import Opening
from yingda.providers.dify_opening import opening_in


@pytest.mark.parametrize(
    ("body", "opening"),
    [
        (b"{}", None),
        (b'{"opening_statement": null, "suggested_questions": null}', None),
        (b'{"opening_statement": " ", "suggested_questions": ["a"]}', None),
        ('{"opening_statement": "你好"}'.encode(), Opening("你好")),
        (
            b'{"opening_statement": "Hi {{ name }}{{other}}!", "suggested_questions": ["a", " "]}',
            Opening("Hi Bob!", ("a",)),
        ),
    ],
)
def test_an_introduction_is_read_with_the_operators_own_values(
    body: bytes, opening: Opening | None
) -> None:
    assert opening_in(body, {"name": "Bob"}) == opening


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"opening_statement": 5}', b"\xff"])
def test_an_answer_of_another_shape_is_a_failure_to_be_tried_again(body: bytes) -> None:
    with pytest.raises(ProviderUnavailable):
        opening_in(body, {})


async def test_dify_is_asked_for_its_app_s_introduction() -> None:
    async with dify_pair() as pair:
        assert pair.dify.capabilities.welcomer is pair.dify
        assert await pair.dify.opening() is None
        pair.server.introduction = {"opening_statement": "你好", "suggested_questions": ["a", "b"]}
        assert await pair.dify.opening() == Opening("你好", ("a", "b"))


async def test_a_wrong_key_is_told_as_such() -> None:
    async with dify_pair(api_key="app-wrong") as pair:
        with pytest.raises(ProviderMisconfigured):
            await pair.dify.opening()
