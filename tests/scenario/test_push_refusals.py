"""Rule 6 where WeChat refuses: what could not be sent waits for pickup, and nothing is lost."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from support.house import House
from support.markdown import render
from support.pushing import SEND, TYPING, body, ends, open_pushing, parts, prose, pushed, slowly
from support.scripted_provider import Script
from yingda.engine.accounts.accounts import PushMode
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Outcome
from yingda.simulator.server_api_base import AccountKind, Fault

TEXT = prose(60)
DAY_S = 86_400.0


def unverified(house: House) -> None:
    house.api.account = msgspec.structs.replace(house.api.account, kind=AccountKind.SUBSCRIPTION)


def verified(house: House) -> None:
    house.api.account = msgspec.structs.replace(
        house.api.account, kind=AccountKind.VERIFIED_SERVICE
    )


async def asked(house: House, phone: Phone, *, during_s: float = 20.0) -> None:
    """A long answer to a question that was acknowledged."""
    house.provider.on("问", slowly(TEXT, during_s))
    seen = await house.run(phone.say("问"))
    assert seen.deciding.outcome is Outcome.ACCEPTED


async def read_on(house: House, phone: Phone) -> str:
    """All that was sent and all that is fetched then."""
    shown = pushed(phone)
    while True:
        text = (await house.run(phone.say("1"))).text
        if text.startswith("问："):
            return body(*shown)
        shown.append(text.replace("「问」", ""))


# The right


async def test_an_account_without_the_right_stays_passive_and_is_asked_once_a_day(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=8.0)
        unverified(house)
        for question in ("甲", "乙"):
            assert "正在思考" in (await house.run(phone.say(question))).text
            await house.pass_s(10)
            assert "这是回答" in (await house.run(phone.say("1"))).text
        assert house.api.calls[TYPING] == 1
        verified(house)
        await house.pass_s(DAY_S)
        assert not (await house.run(phone.say("丙"))).shown
        await house.pass_s(10)
        assert len(pushed(phone)) == 1


async def test_other_settings_are_asked_anew(tmp_path: Path) -> None:
    for fingerprint, is_asked in (("a", True), ("a", False), ("b", True)):
        async with open_pushing(tmp_path, push_fingerprint=fingerprint) as house:
            house.provider.default = Script(after_s=8.0)
            unverified(house)
            phone = house.phone(f"o_{fingerprint}{is_asked}")
            assert "正在思考" in (await house.run(phone.say("问"))).text
            # Another simulated WeChat does not know the token that was kept.
            assert (house.api.calls[TYPING] > 0) == is_asked


async def test_what_was_allowed_is_not_asked_again_after_a_restart(tmp_path: Path) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=8.0)
        await house.run(phone.say("甲"))
        await house.pass_s(10)
        await house.run(house.restart())
        house.api.script(Fault(is_silent=True, path=TYPING))
        assert not (await house.run(phone.say("乙"))).shown


async def test_a_probe_that_is_not_answered_leaves_the_question_to_the_passive_rules(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=8.0)
        house.api.script(Fault(is_silent=True, path=TYPING))
        assert "正在思考" in (await house.run(phone.say("问"))).text


async def test_set_to_push_nothing_is_asked_before(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        house.api.script(Fault(is_silent=True, path=TYPING))
        house.provider.default = Script(after_s=8.0)
        phone = house.phone()
        assert not (await house.run(phone.say("问"))).shown
        await house.pass_s(5)
        assert pushed(phone)


async def test_set_to_push_an_account_without_the_right_still_shows_every_answer(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=8.0)
        unverified(house)
        assert "正在思考" in (await house.run(phone.say("甲"))).text
        await house.pass_s(100)
        assert "正在思考" in (await house.run(phone.say("乙"))).text


@pytest.mark.parametrize("push_mode", [PushMode.AUTO, PushMode.PUSH])
async def test_a_right_that_is_lost_in_the_middle_leaves_the_rest_for_pickup(
    tmp_path: Path, push_mode: PushMode
) -> None:
    async with open_pushing(tmp_path, push_mode) as house:
        phone = house.phone()
        await asked(house, phone)
        await house.pass_s(1)
        assert len(pushed(phone)) == 1
        unverified(house)
        await house.pass_s(30)
        assert ends(house) == [(0, "denied", 1)]
        assert await read_on(house, phone) == "".join(render(TEXT).split())
        assert len(pushed(phone)) == 1


# One message


@pytest.mark.parametrize(("code", "end"), [(45047, "quota"), (45015, "quota"), (45002, "refused")])
async def test_a_refused_part_is_taken_back_and_the_rest_is_announced(
    tmp_path: Path, code: int, end: str
) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        await asked(house, phone)
        await house.pass_s(1)
        house.api.script(Fault(code=code, path=SEND))
        await house.pass_s(30)
        assert ends(house) == [(0, end, 1)]
        assert parts(house)[-1][1] == "refused"
        if end == "quota":
            assert house.rows("SELECT messages_left FROM quota") == [(0,)]
        assert "「问」的回答还有下文" in (await house.run(phone.say("别的"))).text
        assert await read_on(house, phone) == "".join(render(TEXT).split())


async def test_a_busy_wechat_is_asked_again_and_costs_no_message(tmp_path: Path) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        house.api.script(Fault(code=-1, path=SEND), times=6)
        await asked(house, phone)
        await house.pass_s(40)
        assert body(*pushed(phone)) == "".join(render(TEXT).split())
        assert "doubtful" not in {state for _, state in parts(house)}
        left = house.platform.followers.left(phone.openid)
        assert house.rows("SELECT messages_left FROM quota") == [(left,)]


async def test_a_wechat_that_stays_busy_leaves_the_answer_for_pickup(tmp_path: Path) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        house.api.script(Fault(code=-1, path=SEND), times=100)
        await asked(house, phone)
        await house.pass_s(90)
        assert ends(house) == [(0, "refused", 1)]
        assert house.api.calls[SEND] <= 16
        assert await read_on(house, phone) == "".join(render(TEXT).split())


async def test_a_token_that_is_revoked_in_the_middle_is_renewed(tmp_path: Path) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        await asked(house, phone)
        await house.pass_s(1)
        house.api.tokens.revoke()
        await house.pass_s(30)
        assert body(*pushed(phone)) == "".join(render(TEXT).split())
        assert house.api.tokens.made == 2


async def test_a_part_in_doubt_is_sent_once_more_with_its_number(tmp_path: Path) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        house.api.script(Fault(is_silent=True, path=SEND))
        await asked(house, phone, during_s=60.0)
        await house.pass_s(80)
        shown = pushed(phone)
        assert shown[0] == shown[1]
        assert "（1）" in shown[0]
        assert body(*shown[1:]) == "".join(render(TEXT).split())
        assert parts(house)[:2] == [(1, "doubtful"), (1, "sent")]
        assert ends(house) == [(0, "done", 0)]


async def test_a_part_that_is_in_doubt_twice_waits_for_pickup(tmp_path: Path) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        house.api.script(Fault(is_silent=True, path=SEND), times=2)
        await asked(house, phone, during_s=60.0)
        await house.pass_s(80)
        assert ends(house) == [(0, "doubtful", 1)]
        assert parts(house) == [(1, "doubtful")] * 2
        assert len(set(pushed(phone))) == 1
        fetched = body((await house.run(phone.say("1"))).text)
        assert fetched.startswith(body(pushed(phone)[0]))


async def test_an_ended_answer_in_doubt_is_sent_alike(tmp_path: Path) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=TEXT, after_s=8.0))
        house.api.script(Fault(is_silent=True, path=SEND))
        await house.run(phone.say("问"))
        await house.pass_s(40)
        shown = pushed(phone)
        assert shown[0] == shown[1]
        assert body(*shown[1:]) == "".join(render(TEXT).split())


@pytest.mark.parametrize("code", [43004, 43019, 48002])
async def test_who_cannot_be_reached_is_sent_nothing_of_any_turn(tmp_path: Path, code: int) -> None:
    async with open_pushing(tmp_path) as house:
        phone = house.phone()
        house.provider.on("甲", slowly(TEXT, 20.0))
        house.provider.on("乙", Script(after_s=10.0))
        await house.together(phone.say("甲"), house.after(1.0, phone.say("乙")))
        house.platform.followers.block(phone.openid, code)
        await house.pass_s(60)
        calls = house.api.calls[SEND]
        assert [row[:2] for row in ends(house)] == [(0, "not_following")] * 2
        await house.pass_s(60)
        assert house.api.calls[SEND] == calls


async def test_followers_do_not_wait_for_one_another(tmp_path: Path) -> None:
    async with open_pushing(tmp_path) as house:
        house.provider.default = Script(after_s=8.0)
        # The probe itself.
        await house.run(house.phone("o_0").say("问"))
        await house.pass_s(10)
        phones = [house.phone(f"o_{n}") for n in range(1, 20)]
        house.api.script(Fault(is_silent=True, path=SEND), times=3)
        await house.run(asyncio.gather(*(phone.say("问") for phone in phones)))
        await house.pass_s(5)
        assert all(pushed(phone) for phone in phones)
        await house.pass_s(30)
        assert sum(len(pushed(phone)) for phone in phones) == 19 + 3


async def test_a_typing_state_that_is_refused_is_not_asked_for_again_and_again(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=40.0)
        house.api.script(Fault(code=45080, path=TYPING), times=50)
        await house.run(phone.say("问"))
        await house.pass_s(50)
        assert house.api.calls[TYPING] == 2
        assert pushed(phone)


async def test_a_stop_does_not_wait_for_a_busy_wechat_and_the_next_process_sends(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=6.0)
        house.api.script(Fault(code=-1, path=SEND), times=8)
        await house.run(phone.say("问"))
        await house.pass_s(12)
        began_s = house.clock.monotonic()
        await house.run(house.gateway.drain(25.0))
        await house.run(house.close())
        assert house.clock.monotonic() - began_s < 8
        await house.run(house.open())
        await house.pass_s(20)
        assert len(pushed(phone)) == 1
