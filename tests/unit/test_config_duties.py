"""Rules, menu, welcome and scenes in the file."""

from pathlib import Path

import pytest

from support.settings import LEAST, LEAST_FILE, from_file, problems_of, reasons_of, written
from yingda.actions import (
    AgentAction,
    CardAction,
    CommandAction,
    Match,
    NothingAction,
    OpeningAction,
    PictureAction,
    QuestionAction,
    Rule,
    TextAction,
)
from yingda.config import AccountSettings, load
from yingda.wechat.menu import Button, ButtonType
from yingda.words import Command


def account(folder: Path, text: str) -> AccountSettings:
    (found,) = from_file(folder, LEAST_FILE + text).accounts
    return found


def reasons(folder: Path, text: str) -> dict[str, str]:
    return reasons_of({}, config_path=written(folder, LEAST_FILE + text))


@pytest.mark.parametrize(
    ("written_as", "action"),
    [
        ('text = " 你好 "', TextAction("你好")),
        (
            'card = { title = "t", url = "https://e.com/?a=1#b" }',
            CardAction(title="t", url="https://e.com/?a=1#b"),
        ),
        ('command = "help"', CommandAction(Command.HELP)),
        ('command = "/Clear"', CommandAction(Command.CLEAR)),
        ('question = "今天有什么活动？"', QuestionAction("今天有什么活动？")),
        ("agent = true", AgentAction()),
        ('agent = "kf2001@gh_a"', AgentAction("kf2001@gh_a")),
        ("opening = true", OpeningAction()),
        ("nothing = true", NothingAction()),
        ('picture = { media_id = "m" }', PictureAction(media_id="m")),
        (
            'picture = { file = "a.PNG", url = "https://e.com/a.png", title = "咖啡" }',
            PictureAction(file="a.PNG", url="https://e.com/a.png", title="咖啡"),
        ),
    ],
)
def test_each_action_is_one_key(tmp_path: Path, written_as: str, action: object) -> None:
    found = account(
        tmp_path,
        f"[accounts.shop.welcome]\n{written_as}\n[accounts.shop.scenes]\na = {{ {written_as} }}\n"
        f"[[accounts.shop.rules]]\nexact = 'x'\n{written_as}\n"
        f"[[accounts.shop.menu]]\nname = 'x'\n{written_as}\n",
    )
    assert found.welcome == action
    assert found.scenes == {"a": action}
    assert found.rules == (Rule(Match.EXACT, ("x",), action),)  # type: ignore[arg-type]
    assert found.menu.actions() == {"x": action}


def test_without_a_file_there_are_no_duties() -> None:
    (found,) = load(LEAST).accounts
    assert (found.rules, found.menu.buttons, found.welcome, found.scenes) == ((), (), None, {})
    assert found.menu_in_text is None


@pytest.mark.parametrize(("value", "meant"), [("auto", None), ("TRUE", True), ("false", False)])
def test_whether_texts_carry_the_menu_is_a_variable_too(value: str, *, meant: bool | None) -> None:
    (found,) = load({**LEAST, "YINGDA_MENU_IN_TEXT": value}).accounts
    assert found.menu_in_text is meant


def test_rules_keep_their_order_and_take_one_word_or_several(tmp_path: Path) -> None:
    found = account(
        tmp_path,
        """
[[accounts.shop.rules]]
keyword = ["人工", "客服"]
agent = true
[[accounts.shop.rules]]
regex = '^\\d{6}$'
text = "收到"
""",
    )
    assert found.rules == (
        Rule(Match.KEYWORD, ("人工", "客服"), AgentAction()),
        Rule(Match.REGEX, (r"^\d{6}$",), TextAction("收到")),
    )


def test_keys_of_buttons_come_from_their_names_unless_they_are_given(tmp_path: Path) -> None:
    found = account(
        tmp_path,
        """
[[accounts.shop.menu]]
name = "网页"
view = "https://example.com"
[[accounts.shop.menu]]
name = "更多"
[[accounts.shop.menu.buttons]]
name = "咖啡"
key = "coffee"
text = "谢谢"
[[accounts.shop.menu.buttons]]
name = "帮助"
command = "help"
[[accounts.shop.menu.buttons]]
name = "扫一扫"
type = "scancode_push"
[[accounts.shop.menu]]
name = "小店"
mini_program = { app_id = "wx1", page_path = "p", url = "https://example.com" }
""",
    )
    web, more, shop = found.menu.buttons
    assert web == Button(name="网页", type=ButtonType.VIEW, url="https://example.com")
    assert [(each.type, each.key) for each in more.buttons] == [
        (ButtonType.CLICK, "coffee"),
        (ButtonType.CLICK, "更多/帮助"),
        (ButtonType.SCAN_CODE, "更多/扫一扫"),
    ]
    assert (shop.type, shop.app_id, shop.page_path) == (ButtonType.MINI_PROGRAM, "wx1", "p")


RULE = "[[accounts.shop.rules]]\n"
MENU = "[[accounts.shop.menu]]\n"
SUB = "[[accounts.shop.menu.buttons]]\n"


def test_a_rule_may_have_the_word_of_a_command_that_is_off(tmp_path: Path) -> None:
    text = LEAST_FILE.replace("token", 'commands_off = ["Clear"]\ntoken')
    rules = RULE + "exact = '/clear'\ntext = 'gone'\n"
    (found,) = from_file(tmp_path, text + rules).accounts
    assert found.rules == (Rule(Match.EXACT, ("/clear",), TextAction("gone")),)


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("welcome.text = 5", "welcome.text", "it must be text"),
        ("welcome.text = ' '", "welcome.text", "empty"),
        ('welcome.text = "\\u0001"', "welcome.text", "empty"),
        (f"welcome.text = '{'字' * 683}'", "welcome.text", "too long"),
        ("welcome = 'hi'", "welcome", "TOML table"),
        ("welcome = {}", "welcome", "what is to be done"),
        ("welcome = {text='a', nothing=true}", "welcome", "more than one"),
        ("welcome = {text='a', colour=1}", "welcome.colour", "no such setting"),
        ("welcome.nothing = false", "welcome.nothing", "only be true"),
        ("welcome.opening = 1", "welcome.opening", "only be true"),
        ("welcome.command = 'dance'", "welcome.command", "no such command"),
        ("welcome.card = {title='t'}", "welcome.card.url", "required"),
        ("welcome.card = {title='t', url='e.com'}", "welcome.card.url", "address of a page"),
        ("welcome.card = {title='t', url='https://[e'}", "welcome.card.url", "address of a page"),
        ("welcome.card = 'https://e.com'", "welcome.card", "TOML table"),
        ("welcome.picture = {title='t'}", "welcome.picture", "names no picture"),
        ("welcome.agent = false", "welcome.agent", "only be true"),
        ("welcome.picture = {file='a.pdf'}", "welcome.picture.file", "picture file"),
        ("welcome.picture = {file='~/a.png'}", "welcome.picture.file", "begins with ~"),
        ("welcome.picture = {url='https://e.com:99999/'}", "welcome.picture.url", "address of a"),
        ("scenes = 5", "scenes", "TOML table"),
        ("scenes.a = {agent=5}", "scenes.a.agent", "it must be text"),
        ("rules = 5", "rules", "list"),
        ("rules = [5]", "rules[1]", "TOML table"),
    ],
)
def test_an_action_that_cannot_be_used_is_named_with_the_reason(
    tmp_path: Path, text: str, key: str, reason: str
) -> None:
    head = LEAST_FILE.replace("provider =", f"{text}\nprovider =")
    found = reasons_of({}, config_path=written(tmp_path, head))
    keys = [each for each in found if each == f"accounts.shop.{key}"]
    assert keys
    assert reason in found[keys[0]]


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (RULE + "text='a'", "rules[1]", "which texts"),
        (RULE + "exact='a'\nprefix='b'\ntext='c'", "rules[1]", "more than one way"),
        (RULE + "exact=[]\ntext='c'", "rules[1].exact", "empty"),
        (RULE + "keyword=' '\ntext='c'", "rules[1].keyword", "empty"),
        (RULE + "keyword=5\ntext='c'", "rules[1].keyword", "text"),
        (RULE + "regex='('\ntext='c'", "rules[1].regex", "regular expression"),
        (RULE + "exact='/CLEAR'\ntext='c'", "rules[1].exact", "never reaches"),
        (RULE + "exact='１'\ntext='c'", "rules[1].exact", "never reaches"),
        ("[accounts.shop.menu]\nname='a'\ntext='b'", "menu", "list of TOML tables"),
        (MENU + "text='a'", "menu[1].name", "required"),
        (MENU + "name='１'\ntext='a'", "menu[1].name", "means something else"),
        (MENU + "name='/Help'\ncommand='stop'", "menu[1].name", "means something else"),
        (MENU + "name='a'", "menu[1]", "does one thing"),
        (MENU + "name='a'\nview='https://e.com'\ntext='b'", "menu[1]", "does one thing"),
        (MENU + "name='a'\nview='e.com'", "menu[1].view", "address of a page"),
        (MENU + "name='a'\nview='https://e.com'\nkey='b'", "menu[1].key", "no key"),
        (MENU + "name='a'\nview='https://e.com'\ntype='click'", "menu[1].type", "no type"),
        (MENU + "name='a'\ntype='view'", "menu[1].type", "possible values"),
        (MENU + "name='a'\ntype='click'", "menu[1]", "what is to be done"),
        (MENU + "name='a'\nbuttons=[]", "menu[1].buttons", "empty"),
        (MENU + "name='六个汉字太长'\ntext='b'", "menu[1].name", "too long"),
        (MENU + "name='a'\n" + SUB + "name='b'\nbuttons=[]", "menu[1].buttons[1].buttons", "two"),
        (
            MENU
            + "name='a'\n"
            + SUB
            + "name='b'\ntext='c'\nkey='k'\n"
            + SUB
            + "name='d'\ntext='e'\nkey='k'",
            "menu[1].buttons[2].key",
            "same key",
        ),
        (
            MENU + "name='a'\ntext='b'\n" + MENU + "name='c'\n" + SUB + "name='A'\ntext='e'",
            "menu[2].buttons[1].name",
            "same name",
        ),
        ((MENU + "name='a'\nview='https://e.com'\n") * 4, "menu", "too many"),
    ],
)
def test_a_rule_or_a_button_that_cannot_be_used_is_named_by_its_number(
    tmp_path: Path, text: str, key: str, reason: str
) -> None:
    found = reasons(tmp_path, text)
    assert list(found) == [f"accounts.shop.{key}"]
    assert reason in found[f"accounts.shop.{key}"]


def test_problems_of_duties_come_with_all_others_at_once_and_quote_nothing(tmp_path: Path) -> None:
    text = LEAST_FILE.replace("token", "patience='x'\ntoken") + RULE + "regex='(hush'\ntext='hush'"
    problems = problems_of({}, config_path=written(tmp_path, text))
    assert {each.key for each in problems} == {
        "accounts.shop.patience",
        "accounts.shop.rules[1].regex",
    }
    assert all("hush" not in each.reason.en + each.mend.en for each in problems)
