"""The account's own menu and what the platform allows."""

import pytest

from yingda.actions import NothingAction, TextAction
from yingda.wechat.menu import Button, ButtonType, Change, Flaw, Menu, changes, flaws, shape, to_api


def click(name: str, key: str = "", says: str = "x") -> Button:
    return Button(name=name, type=ButtonType.CLICK, key=key or name, action=TextAction(says))


def view(name: str, url: str = "https://example.com") -> Button:
    return Button(name=name, type=ButtonType.VIEW, url=url)


def below(name: str, *buttons: Button) -> Button:
    return Button(name=name, buttons=buttons)


MENU = Menu((view("网页"), below("更多", click("咖啡", "coffee"), click("帮助", "help"))))
WEB = {"type": "view", "name": "网页", "url": "https://example.com"}
BELOW = [
    {"type": "click", "name": "咖啡", "key": "coffee"},
    {"type": "click", "name": "帮助", "key": "help"},
]
SENT: dict[str, object] = {"button": [WEB, {"name": "更多", "sub_button": BELOW}]}


@pytest.mark.parametrize(
    ("menu", "flaw", "place", "most"),
    [
        (Menu(tuple(click(name) for name in "abcd")), Flaw.TOO_MANY_BUTTONS, (), 3),
        (Menu((below("a", *map(click, "bcdefg")),)), Flaw.TOO_MANY_BUTTONS, (1,), 5),
        (Menu((click("六个汉字太长"),)), Flaw.NAME_TOO_LONG, (1,), 16),
        (Menu((below("a", click("b"), click("字" * 21)),)), Flaw.NAME_TOO_LONG, (1, 2), 60),
        (Menu((click("a", "k" * 129),)), Flaw.KEY_TOO_LONG, (1,), 128),
        (Menu((view("a", "https://e.com/" + "p" * 1011),)), Flaw.URL_TOO_LONG, (1,), 1024),
        (Menu((click("a", "k"), below("b", click("c", "k")))), Flaw.KEY_TWICE, (2, 1), 0),
    ],
)
def test_what_the_platform_would_refuse_is_found_and_placed(
    menu: Menu, flaw: Flaw, place: tuple[int, ...], most: int
) -> None:
    (found,) = flaws(menu)
    assert (found.flaw, found.place, found.most) == (flaw, place, most)


@pytest.mark.parametrize(
    "menu",
    [
        Menu(),
        MENU,
        Menu((click("五个汉字x"),)),
        Menu((below("a", click("字" * 20)),)),
        Menu((click("a", "k" * 128), view("b", "https://e.com/" + "p" * 1010))),
        Menu(tuple(below(name, *(click(f"{name}{n}") for n in range(5))) for name in "abc")),
    ],
)
def test_what_stands_at_a_limit_is_allowed(menu: Menu) -> None:
    assert list(flaws(menu)) == []


def test_the_platform_gets_its_own_names_and_nothing_that_is_empty() -> None:
    assert to_api(MENU) == SENT
    program = Button(
        name="店",
        type=ButtonType.MINI_PROGRAM,
        app_id="wx1",
        page_path="p",
        url="https://example.com",
    )
    button = {
        "type": "miniprogram",
        "name": "店",
        "appid": "wx1",
        "pagepath": "p",
        "url": "https://example.com",
    }
    assert to_api(Menu((program,))) == {"button": [button]}


@pytest.mark.parametrize(
    "answer",
    [
        SENT,
        {"menu": SENT, "conditionalmenu": []},
        {"menu": {"button": [{**WEB, "sub_button": []}, {"name": "更多", "sub_button": BELOW}]}},
        {"menu": {"button": [WEB, {"name": "更多", "sub_button": {"list": BELOW}}]}},
    ],
)
def test_a_published_menu_reads_the_same_however_it_is_wrapped(answer: dict[str, object]) -> None:
    assert changes(shape(answer), shape(to_api(MENU))) == ()


@pytest.mark.parametrize("answer", [{}, {"menu": 5}, {"menu": {}}, {"button": [3]}, {"button": 5}])
def test_an_odd_answer_is_an_empty_menu(answer: dict[str, object]) -> None:
    assert shape(answer) == ()


@pytest.mark.parametrize("below", [5, "ab", ["ab"], {"list": 5}, {"list": None}])
def test_a_button_with_odd_ones_below_has_none(below: object) -> None:
    assert shape({"button": [{"name": "a", "sub_button": below}]}) == ({"name": "a"},)


def test_the_difference_between_two_menus_is_told_by_name() -> None:
    wanted = Menu((view("网页", "https://other.com"), below("更多", click("帮助", "help"))))
    assert changes(shape(SENT), shape(to_api(wanted))) == (
        Change("-", "更多 › 咖啡  click coffee"),
        Change("~", "网页  view https://other.com"),
    )
    assert [each.mark for each in changes((), shape(SENT))] == ["+", "+", "+", "+"]


def test_a_mere_change_of_order_is_a_change() -> None:
    turned = Menu((MENU.buttons[1], MENU.buttons[0]))
    assert {each.mark for each in changes(shape(SENT), shape(to_api(turned)))} == {"↕"}


def test_keys_lead_to_actions() -> None:
    quiet = Button(name="q", type=ButtonType.LOCATION, key="q", action=NothingAction())
    menu = Menu((*MENU.buttons, quiet))
    assert menu.actions() == {
        "coffee": TextAction("x"),
        "help": TextAction("x"),
        "q": NothingAction(),
    }
