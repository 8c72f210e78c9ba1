"""What is learnt in the background: introductions, menus and pictures, over a simulated WeChat."""

import itertools
from pathlib import Path

import pytest

from support.duties import duties
from support.house import House, open_house
from support.menu_api import UPLOAD, MenuApi
from support.sentences import help_text
from yingda.errors import ProviderUnavailable
from yingda.providers.capabilities import Capabilities, Opening
from yingda.simulator.phone import shown_text
from yingda.simulator.server_api_base import AccountKind
from yingda.texts import Texts
from yingda.wechat.api_base import ApiAnswer, ApiRequest
from yingda.wechat.api_vault import OwnVault

MENU = """
[[accounts.default.menu]]
name = "网页"
view = "https://example.com"
"""


def asked(house: House) -> list[str]:
    return [prompt.text for prompt in house.provider.calls]


# The AI app introduces itself

OPENING = "[accounts.default.welcome]\nopening = true\n"


def with_opening(house: House, *openings: Opening | ProviderUnavailable | None) -> list[float]:
    """Let the provider introduce itself so, one call after the other; when it was asked."""
    left, asked_at = list(openings), list[float]()

    class App:
        async def opening(self) -> Opening | None:
            asked_at.append(house.clock.monotonic())
            await house.clock.sleep(2)
            found = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(found, ProviderUnavailable):
                raise found
            return found

    house.provider.capabilities = Capabilities(welcomer=App())
    return asked_at


async def test_a_new_follower_may_read_how_the_app_introduces_itself(tmp_path: Path) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, OPENING)) as house:
        await house.crash()
        with_opening(house, Opening("**我是**小助手", ("你会什么？", "怎么收费 & 多少？")))
        await house.open()
        phone = house.phone()
        early = await house.run(phone.follow())
        assert early.text == Texts().say("welcome", word="1")
        assert early.delay_s < 1
        await house.pass_s(3)
        again, _ = await house.repeat()
        assert again.shown == (early.text,)
        seen = await house.run(phone.follow())
        assert shown_text(seen.text) == (
            f"我是小助手\n\n{Texts().say('suggested_head')}\n你会什么？\n怎么收费 & 多少？"
        )
        await house.run(phone.tap(1))
        assert asked(house) == ["怎么收费 & 多少？"]


async def test_an_introduction_is_asked_for_every_hour_and_sooner_after_a_failure(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, OPENING)) as house:
        await house.crash()
        failure = ProviderUnavailable("gone")
        asked_at = with_opening(house, failure, Opening("一"), failure, Opening("二"), None)
        await house.open()
        phone = house.phone()
        await house.pass_s(10)
        assert (await house.run(phone.follow())).text == Texts().say("welcome", word="1")
        await house.pass_s(310)
        assert (await house.run(phone.follow())).text == "一"
        await house.pass_s(3700)
        assert (await house.run(phone.follow())).text == "一"
        await house.pass_s(400)
        assert (await house.run(phone.follow())).text == "二"
        await house.pass_s(3700)
        assert (await house.run(phone.follow())).text == Texts().say("welcome", word="1")
        spans = [round(later - sooner) for sooner, later in itertools.pairwise(asked_at)]
        assert spans == [302, 3602, 302, 3602]


@pytest.mark.parametrize("text", ["\x01", "\x01\n\n\x02", "```\n```"])
async def test_an_introduction_that_comes_to_nothing_gives_way_to_the_sentence(
    tmp_path: Path, text: str
) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, OPENING)) as house:
        await house.crash()
        with_opening(house, Opening(text))
        await house.open()
        await house.pass_s(10)
        seen = await house.run(house.phone().follow())
        assert seen.text == Texts().say("welcome", word="1")


async def test_a_provider_that_has_no_introduction_is_not_asked(tmp_path: Path) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, OPENING)) as house:
        await house.pass_s(10)
        seen = await house.run(house.phone().follow())
        assert seen.text == Texts().say("welcome", word="1")


# What WeChat's server API is asked in the background


async def reopened(house: House, api: MenuApi) -> None:
    """Start anew, as an account with a secret."""
    await house.crash()
    house.apis = {"default": api.client(OwnVault(), house.clock)}
    await house.open()
    await house.pass_s(5)


async def test_a_menu_that_wechat_shows_is_left_out_of_the_texts(tmp_path: Path) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, MENU)) as house:
        api, phone = MenuApi(house.clock), house.phone()
        api.server.menu = {"button": []}
        await reopened(house, api)
        plain = help_text()
        assert (await house.run(phone.say("/help"))).text == plain
        api.server.menu = None
        before, _ = await house.repeat()
        await house.pass_s(3700)
        assert (await house.run(phone.say("/help"))).text.startswith(plain + "\n\n")
        assert before.shown == (plain,)
        api.become(AccountKind.SUBSCRIPTION)
        await house.pass_s(3700)
        assert Texts().say("menu_head") in (await house.run(phone.say("/help"))).text
        assert house.transport.crashes == []


async def test_help_says_the_same_to_a_repeat_though_the_menu_was_published_meanwhile(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, MENU)) as house:
        api, phone = MenuApi(house.clock), house.phone()
        api.transport.is_down = True
        await reopened(house, api)
        seen = await house.run(phone.say("/help"))
        assert Texts().say("menu_head") in seen.text
        api.transport.is_down, api.server.menu = False, {"button": []}
        await house.pass_s(290)
        before, _ = await house.repeat()
        assert before.shown == (seen.text,)
        await house.pass_s(20)
        assert (await house.run(phone.say("/help"))).text == help_text()


PICTURE = """
[accounts.default.welcome]
picture = {{ file = "{file}", title = "咖啡"{more} }}
"""


async def test_a_picture_file_is_uploaded_shown_and_renewed_before_it_is_dropped(
    tmp_path: Path,
) -> None:
    file = tmp_path / "coffee.png"
    file.write_bytes(b"png")
    text = PICTURE.format(file=file, more=', url = "https://example.com/coffee.png"')
    async with open_house(tmp_path, duties=duties(tmp_path, text)) as house:
        phone = house.phone()
        stands_in = await house.run(phone.follow())
        assert stands_in.text == "[图文] 咖啡 https://example.com/coffee.png"
        api = MenuApi(house.clock)
        await reopened(house, api)
        assert (await house.repeat())[0].shown == (stands_in.text,)
        assert (await house.run(phone.follow())).text == "[图片] media-1"
        await house.pass_s(60 * 3600 + 10)
        assert (await house.run(phone.follow())).text == "[图片] media-2"


async def test_a_picture_is_uploaded_under_a_name_that_wechat_takes(tmp_path: Path) -> None:
    file = tmp_path / "咖啡.PNG"
    file.write_bytes(b"png")
    shown = duties(tmp_path, PICTURE.format(file=file, more=""))
    async with open_house(tmp_path, duties=shown) as house:
        api, names = MenuApi(house.clock), list[str]()
        send = api.transport.send

        async def noting(request: ApiRequest) -> ApiAnswer:
            names.extend([request.file.filename] if request.file else [])
            return await send(request)

        api.transport.send = noting  # type: ignore[method-assign]
        await reopened(house, api)
        assert names == ["picture.png"]


async def test_a_picture_that_cannot_be_renewed_is_shown_no_longer_than_wechat_keeps_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "coffee.png"
    file.write_bytes(b"png")
    async with open_house(
        tmp_path, duties=duties(tmp_path, PICTURE.format(file=file, more=""))
    ) as h:
        api, phone = MenuApi(h.clock), h.phone()
        await reopened(h, api)
        api.transport.is_down = True
        await h.pass_s(71 * 3600)
        assert (await h.run(phone.follow())).text == "[图片] media-1"
        await h.pass_s(3600)
        assert (await h.run(phone.follow())).text == Texts().say("picture_unavailable")
        api.transport.is_down = False
        await h.pass_s(310)
        assert (await h.run(phone.follow())).text == "[图片] media-2"


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        (', link = "https://example.com/pay"', "咖啡"),
        ("", Texts().say("picture_unavailable")),
    ],
)
async def test_where_no_picture_may_be_uploaded_something_stands_in(
    tmp_path: Path, more: str, shown: str
) -> None:
    file = tmp_path / "coffee.png"
    file.write_bytes(b"png")
    text = PICTURE.format(file=file, more=more)
    async with open_house(tmp_path, duties=duties(tmp_path, text)) as house:
        api = MenuApi(house.clock)
        api.become(AccountKind.SUBSCRIPTION)
        await reopened(house, api)
        assert shown_text((await house.run(house.phone().follow())).text) == shown
        assert api.server.calls[UPLOAD] == 1
        await house.pass_s(3600)
        assert api.server.calls[UPLOAD] == 1


@pytest.mark.parametrize("size_bytes", [None, (2 << 20) + 1])
async def test_a_picture_file_that_cannot_be_used_is_looked_at_again(
    tmp_path: Path, size_bytes: int | None
) -> None:
    file = tmp_path / "coffee.jpg"
    if size_bytes is not None:
        file.write_bytes(b"x" * size_bytes)
    async with open_house(
        tmp_path, duties=duties(tmp_path, PICTURE.format(file=file, more=""))
    ) as house:
        api, phone = MenuApi(house.clock), house.phone()
        await reopened(house, api)
        said = Texts().say("picture_unavailable")
        assert (await house.run(phone.follow())).text == said
        file.write_bytes(b"jpg")
        await house.pass_s(310)
        assert (await house.run(phone.follow())).text == "[图片] media-1"
