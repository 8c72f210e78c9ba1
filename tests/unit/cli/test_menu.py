"""`yingda menu`, before the real client of WeChat's server API."""

import io
import json
from pathlib import Path

import pytest

from support.menu_api import CREATE, MenuApi
from support.settings import APP_ID, APP_SECRET, LEAST_FILE, from_file
from yingda.cli.menu import DONE, MISCONFIGURED, REFUSED, Errand, run_menu
from yingda.cli.menu_texts import SENTENCES
from yingda.simulator.server_api_base import AccountKind
from yingda.texts import Language

MENU = """
[[accounts.shop.menu]]
name = "网页"
view = "https://example.com"
[[accounts.shop.menu]]
name = "更多"
[[accounts.shop.menu.buttons]]
name = "咖啡"
key = "coffee"
text = "谢谢"
"""
SECRETS = f'app_id = "{APP_ID}"\napp_secret = "{APP_SECRET}"\n'
SENT = {
    "button": [
        {"type": "view", "name": "网页", "url": "https://example.com"},
        {"name": "更多", "sub_button": [{"type": "click", "name": "咖啡", "key": "coffee"}]},
    ]
}
ENGLISH = Language.ENGLISH


async def run(
    folder: Path,
    step: str,
    api: MenuApi | None = None,
    *,
    text: str = MENU,
    language: Language = ENGLISH,
    **errand: object,
) -> tuple[int, str]:
    settings = from_file(folder, LEAST_FILE.replace("provider =", SECRETS + "provider =") + text)
    screen = io.StringIO()
    asked = Errand(step=step, **errand)  # type: ignore[arg-type]
    connect = (api or MenuApi()).connect()
    status = await run_menu(settings, asked, screen, language, connect=connect)
    return status, screen.getvalue()


async def test_a_menu_is_published_and_what_changes_is_told(tmp_path: Path) -> None:
    api = MenuApi()
    status, said = await run(tmp_path, "publish", api)
    assert (status, api.menu) == (DONE, SENT)
    assert said.splitlines()[:3] == [
        "+ 网页  view https://example.com",
        "+ 更多",
        "+ 更多 › 咖啡  click coffee",
    ]
    assert said.endswith(SENTENCES["published"].en + "\n")


async def test_a_menu_that_is_published_already_is_not_published_again(tmp_path: Path) -> None:
    api = MenuApi()
    api.server.menu = SENT
    assert await run(tmp_path, "publish", api) == (DONE, SENTENCES["same"].en + "\n")
    assert api.server.calls[CREATE] == 0


async def test_a_dry_run_prints_the_json_and_asks_nobody(tmp_path: Path) -> None:
    api = MenuApi()
    status, said = await run(tmp_path, "publish", api, dry_run=True)
    assert (status, json.loads(said)) == (DONE, SENT)
    assert "咖啡" in said
    assert not api.server.calls


async def test_a_dry_run_deletes_nothing(tmp_path: Path) -> None:
    api = MenuApi()
    api.server.menu = SENT
    status, said = await run(tmp_path, "delete", api, dry_run=True)
    assert (status, api.menu) == (DONE, SENT)
    assert "咖啡" in said


async def test_what_is_published_is_shown_with_what_the_settings_have_otherwise(
    tmp_path: Path,
) -> None:
    api = MenuApi()
    assert await run(tmp_path, "show", api, text="") == (
        DONE,
        SENTENCES["none_published"].en + "\n",
    )
    api.server.menu = {"button": [{"type": "click", "name": "旧", "key": "old", "sub_button": []}]}
    _, said = await run(tmp_path, "show", api)
    assert said.splitlines() == [
        "旧  click old",
        SENTENCES["differs"].en,
        "- 旧  click old",
        "+ 网页  view https://example.com",
        "+ 更多",
        "+ 更多 › 咖啡  click coffee",
    ]


async def test_a_menu_is_taken_away(tmp_path: Path) -> None:
    api = MenuApi()
    api.server.menu = SENT
    assert await run(tmp_path, "delete", api) == (DONE, SENTENCES["deleted"].en + "\n")
    assert api.menu is None


async def test_an_account_without_the_right_is_told_what_happens_instead(tmp_path: Path) -> None:
    api = MenuApi()
    api.become(AccountKind.SUBSCRIPTION)
    status, said = await run(tmp_path, "publish", api)
    assert status == REFUSED
    assert "48001, rid: " in said
    assert said.endswith(SENTENCES["in_text"].en + "\n")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("code", [40164, 40018, 45009, 48004, 50002, 12345])
async def test_a_refusal_is_told_with_its_code_in_the_operator_s_language(
    tmp_path: Path, code: int, language: Language
) -> None:
    api = MenuApi()
    api.refuse(code)
    status, said = await run(tmp_path, "publish", api, language=language)
    assert status == REFUSED
    assert f"({code}, rid: 00000001-0a1b2c3d-4e5f6071)" in said
    assert said.isascii() is (language is ENGLISH)


async def test_a_wechat_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    api = MenuApi()
    api.transport.is_down = True
    status, said = await run(tmp_path, "show", api)
    assert (status, said) == (REFUSED, "WeChat cannot be reached: nobody listens\n")


@pytest.mark.parametrize("kind", AccountKind)
async def test_the_platform_takes_our_menu_from_every_account_with_the_right(
    tmp_path: Path, kind: AccountKind
) -> None:
    api = MenuApi()
    api.become(kind)
    wide = MENU + "".join(
        f'[[accounts.shop.menu.buttons]]\nname = "{"字" * 14}{each}"\ntype = "{each}"\n'
        for each in ("scancode_push", "scancode_waitmsg", "pic_weixin")
    )
    wide += (
        '[[accounts.shop.menu]]\nname = "小店"\n'
        'mini_program = { app_id = "wx1", page_path = "p", url = "https://example.com" }\n'
    )
    status, said = await run(tmp_path, "publish", api, text=wide)
    assert (status == DONE) is (kind is not AccountKind.SUBSCRIPTION), said
    again = await run(tmp_path, "publish", api, text=wide)
    assert again[0] == status
    assert status or again[1] == SENTENCES["same"].en + "\n"


async def test_settings_that_do_not_allow_it_are_told(tmp_path: Path) -> None:
    status, said = await run(tmp_path, "publish", text="")
    assert status == MISCONFIGURED
    assert "[[accounts.shop.menu]]" in said
    second = MENU + '[accounts.other]\ntoken = "abcd"\nprovider = "assistant"\n'
    assert await run(tmp_path, "publish", text=second) == (
        MISCONFIGURED,
        "Say which account with --account: shop, other.\n",
    )
    assert (await run(tmp_path, "publish", text=second, account="shop"))[0] == DONE
    assert (await run(tmp_path, "publish", text=second, account="none"))[0] == MISCONFIGURED


async def test_without_a_secret_the_menu_goes_into_the_texts(tmp_path: Path) -> None:
    settings = from_file(tmp_path, LEAST_FILE + MENU)
    screen = io.StringIO()
    status = await run_menu(settings, Errand(step="publish"), screen, ENGLISH)
    assert status == MISCONFIGURED
    assert "app_secret" in screen.getvalue()


@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_has_both_languages_with_the_same_values(key: str) -> None:
    values = {"known": "42", "account": "42", "reason": "42", "mend": "42"}
    sentence = SENTENCES[key]
    filled = (sentence.zh.format(**values), sentence.en.format(**values))
    assert all(filled)
    assert filled[0].count("42") == filled[1].count("42")
