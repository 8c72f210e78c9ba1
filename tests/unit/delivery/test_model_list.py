"""The list of models fits every reply, names all, and links whatever there is room for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.delivery.model_list import model_list
from yingda.simulator.phone import links_in, shown_text
from yingda.texts import MODEL_NAME_LIMIT_CHARS, Language, Texts
from yingda.wechat.limits import TEXT_LIMIT_BYTES, size_bytes

NAMES = st.lists(
    st.text(st.characters(codec="gb18030", categories=("L", "N", "So")), min_size=1, max_size=16),
    min_size=1,
    max_size=10,
    unique=True,
)


def test_each_name_is_a_link_that_chooses_it_but_for_the_one_that_answers() -> None:
    text = model_list(("快速", "DeepSeek V3"), "快速", Texts(), "/model")
    (link,) = links_in(text)
    assert (link.label, link.content) == ("DeepSeek V3", "/model DeepSeek V3")
    assert "· 快速\n" in text


def test_without_a_word_for_the_command_names_stand_alone() -> None:
    assert links_in(model_list(("快速", "深度"), None, Texts(), None)) == ()


@pytest.mark.parametrize("language", Language)
@given(names=NAMES)
def test_whatever_the_names_the_list_fits_and_has_them_all(
    language: Language, names: list[str]
) -> None:
    text = model_list(names, names[0], Texts(language), "/model")
    assert size_bytes(text) <= TEXT_LIMIT_BYTES
    assert [line[2:] for line in shown_text(text).splitlines()[1:]] == names
    assert {link.content.removeprefix("/model ") for link in links_in(text)} <= set(names[1:])


def test_ten_names_of_the_greatest_length_fit() -> None:
    names = [f"{number}{'𠮷' * (MODEL_NAME_LIMIT_CHARS - 1)}" for number in range(10)]
    text = model_list(names, None, Texts(), "/model")
    assert size_bytes(text) <= TEXT_LIMIT_BYTES
    assert links_in(text)
