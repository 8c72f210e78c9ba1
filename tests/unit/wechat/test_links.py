"""Links as a chat shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.simulator.phone import links_in, tap_links
from yingda.wechat.links import label_text, mini_program_link, tap_to_send, web_link


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1))
def test_a_tap_sends_exactly_what_the_link_was_made_for(content: str) -> None:
    (link,) = tap_links(tap_to_send(content, "label"))
    assert (link.content, link.label, link.menu_item_id) == (content, "label", "1")


@pytest.mark.parametrize(
    ("label", "shown"),
    [("a\nb", "a b"), ("<a href=x>evil</a>", "a href=x evil /a"), ("  你好 ", "你好")],
)
def test_a_label_is_one_line_without_markup(label: str, shown: str) -> None:
    assert label_text(label) == shown
    assert [link.label for link in links_in(web_link("https://example.com", label))] == [shown]


def test_an_address_cannot_leave_its_attribute() -> None:
    (link,) = links_in(web_link('https://example.com/?a=" onclick=<b>', "x"))
    assert link.href == "https://example.com/?a=%22%20onclick=%3Cb%3E"


def test_a_mini_program_s_link_names_the_page_for_clients_that_know_none() -> None:
    made = mini_program_link("https://example.com", "店", app_id="wx1", page_path="p?a=1")
    assert 'data-miniprogram-appid="wx1"' in made
    assert 'data-miniprogram-path="p?a=1"' in made
    assert [link.href for link in links_in(made)] == ["https://example.com"]
