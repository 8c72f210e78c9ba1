"""What every store keeps to where several providers answer: choices, and who stands in."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, new_push, question, turn_id_of
from yingda.store.entries import Entered, PushKind
from yingda.store.runs import Outcome, RunIds, StandIn
from yingda.store.wishes import NewRetry


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def choose(desk: Desk, key: str, provider: str, openid: str = ANN) -> Entered:
    push = new_push(key, openid=openid, kind=PushKind.OTHER)
    return await desk.store.enter_choice(push, key.encode(), provider)


async def asked_of(desk: Desk, key: str, *choices: str) -> str:
    """Who is to answer a question of one who may have chosen one of these."""
    entered = await desk.ask_bound(key, choices=frozenset(choices))
    assert entered.turn is not None
    return entered.turn.provider


async def test_the_last_choice_stands_and_survives_a_restart(desk: Desk) -> None:
    assert (await choose(desk, "1", "fast")).reply == b"1"
    await choose(desk, "2", "deep")
    await desk.reopen()
    assert await desk.store.preference(SHOP, ANN) == "deep"
    assert await desk.store.preference(SHOP, "o_bob") is None
    assert await desk.store.preference("other", ANN) is None


async def test_a_repeat_of_a_choice_gets_its_reply_and_changes_nothing(desk: Desk) -> None:
    await choose(desk, "1", "fast")
    await choose(desk, "2", "deep")
    again = await choose(desk, "1", "fast")
    assert (again.is_new, again.reply) == (False, b"1")
    assert await desk.store.preference(SHOP, ANN) == "deep"


async def test_a_question_goes_to_the_choice_if_it_is_still_offered(desk: Desk) -> None:
    await choose(desk, "1", "deep")
    assert await asked_of(desk, "a", "fast", "deep") == "deep"
    assert await asked_of(desk, "b", "fast") == "dify"
    assert await asked_of(desk, "c") == "dify"


async def test_each_provider_has_its_own_conversation_and_order(desk: Desk) -> None:
    await choose(desk, "1", "deep")
    first = await desk.ask("a")
    other = await desk.ask_bound("b", choices=frozenset({"deep"}))
    behind = await desk.ask("c")
    assert [first.to_run, other.to_run, behind.to_run] == [
        turn_id_of(first),
        turn_id_of(other),
        None,
    ]


async def test_a_choice_is_erased_with_everything_else(desk: Desk) -> None:
    await choose(desk, "1", "deep")
    await choose(desk, "2", "deep", openid="o_bob")
    await desk.leave("3")
    assert await desk.store.preference(SHOP, ANN) is None
    assert await desk.store.preference(SHOP, "o_bob") == "deep"


@pytest.mark.parametrize(("routed", "expected"), [((), "deep"), (("dify",), "dify")])
async def test_a_retry_goes_to_the_choice_unless_only_rules_ask_its_provider(
    desk: Desk, routed: tuple[str, ...], expected: str
) -> None:
    await desk.answered("a")
    await choose(desk, "1", "deep")
    retry = NewRetry(number=None, nothing=b"", pending=lambda _: b"", routed=frozenset(routed))
    asked = question("", provider="plain")
    again = await desk.store.enter_retry(
        new_push("b"), msgspec.structs.replace(asked, choices=frozenset({"deep"})), retry
    )
    assert again.turn is not None
    assert (again.turn.question, again.turn.provider) == ("a", expected)


# Who stands in


def ids(provider: str, name: str | None = None) -> RunIds:
    return RunIds(provider=provider, conversation_id=name, task_id=name and f"task-{name}")


async def begun(desk: Desk) -> int:
    turn_id = turn_id_of(await desk.ask("a"))
    await desk.claim(turn_id)
    return turn_id


async def stand_in(desk: Desk, turn_id: int, provider: str, left: RunIds, run_no: int = 1) -> None:
    await desk.store.stand_in(turn_id, run_no, StandIn(provider=provider, left=left, at=NOON + 5))


async def test_after_a_crash_it_is_known_who_was_asked_last_and_nothing_of_the_former(
    desk: Desk,
) -> None:
    turn_id = await begun(desk)
    await desk.store.note_run(turn_id, 1, ids("dify", "there"))
    await stand_in(desk, turn_id, "spare", ids("dify", "there"))
    await desk.reopen()
    claim = await desk.claim(turn_id)
    assert claim.earlier is not None
    assert (claim.earlier.provider, claim.earlier.task_id) == ("spare", None)
    assert (claim.provider, claim.provider_conversation_id) == ("dify", "there")
    assert claim.turn.provider == "dify"


async def test_what_the_stand_in_calls_the_run_is_found_after_a_crash(desk: Desk) -> None:
    turn_id = await begun(desk)
    await stand_in(desk, turn_id, "spare", ids("dify"))
    await desk.store.note_run(turn_id, 1, ids("spare", "here"))
    claim = await desk.claim(turn_id)
    assert claim.earlier is not None
    assert (claim.earlier.provider, claim.earlier.task_id) == ("spare", "task-here")


async def test_the_record_says_who_answered_and_the_conversation_keeps_its_own(
    desk: Desk,
) -> None:
    turn_id = await begun(desk)
    await stand_in(desk, turn_id, "spare", ids("dify", "there"))
    outcome = Outcome(answer="x", ids=ids("spare", "here"))
    ended = await desk.store.finish(turn_id, 1, outcome, NOON + 9)
    assert ended is not None
    assert ended.turn.provider == "spare"
    after = await desk.claim(turn_id_of(await desk.ask("b")))
    assert (after.provider, after.provider_conversation_id) == ("dify", "there")


async def test_an_erasure_reaches_everyone_who_began_a_conversation(desk: Desk) -> None:
    turn_id = await begun(desk)
    await stand_in(desk, turn_id, "spare", ids("dify", "there"))
    await stand_in(desk, turn_id, "last", ids("spare", "void"))
    outcome = Outcome(answer="x", ids=ids("last", "here"))
    await desk.store.finish(turn_id, 1, outcome, NOON + 9)
    # What nobody goes on with needs no wish.
    assert await deletions(desk, NOON + 6) == {("spare", "void")}
    await desk.leave("gone")
    await desk.store.erase(NOON + 10, accepting=b"", provider_at=NOON + 20)
    assert await deletions(desk, NOON + 30) == {("dify", "there"), ("last", "here")}


async def test_a_cut_stand_in_leaves_the_conversation_alone(desk: Desk) -> None:
    turn_id = await begun(desk)
    await stand_in(desk, turn_id, "spare", ids("dify"))
    await desk.store.enter_stop(new_push("stop", kind=PushKind.OTHER), lambda _: b"")
    await desk.store.keep_cut_run(turn_id, 1, ids("spare", "here"), text="", at=NOON + 9)
    after = await desk.claim(turn_id_of(await desk.ask("b")))
    assert after.provider_conversation_id is None
    await desk.leave("gone")
    await desk.store.erase(NOON + 10, accepting=b"", provider_at=NOON + 20)
    assert await deletions(desk, NOON + 30) == {("spare", "here")}


async def test_what_was_left_in_the_moment_of_a_stop_goes_on_at_its_own_provider(
    desk: Desk,
) -> None:
    turn_id = await begun(desk)
    await desk.store.note_run(turn_id, 1, ids("dify", "there"))
    await desk.store.enter_stop(new_push("stop", kind=PushKind.OTHER), lambda _: b"")
    await stand_in(desk, turn_id, "spare", ids("dify", "there"))
    await desk.store.keep_cut_run(turn_id, 1, ids("spare"), text="", at=NOON + 9)
    after = await desk.claim(turn_id_of(await desk.ask("b")))
    assert after.provider_conversation_id == "there"
    await desk.leave("gone")
    await desk.store.erase(NOON + 10, accepting=b"", provider_at=NOON + 20)
    assert await deletions(desk, NOON + 30) == {("dify", "there")}


async def test_what_was_left_after_an_erasure_is_deleted_where_it_was_begun(desk: Desk) -> None:
    turn_id = await begun(desk)
    await desk.leave("gone")
    await desk.store.erase(NOON + 1, accepting=b"", provider_at=NOON + 1)
    await stand_in(desk, turn_id, "spare", ids("dify", "there"))
    assert await deletions(desk, NOON + 30) == {("dify", "there")}


async def test_a_stand_in_that_is_looked_for_was_asked_in_no_conversation(desk: Desk) -> None:
    turn_id = await begun(desk)
    await stand_in(desk, turn_id, "spare", ids("dify", "there"))
    await desk.store.note_run(turn_id, 1, ids("spare", "here"))
    # Cut twice: the second run had only looked for the first one's answer.
    for _ in range(2):
        claim = await desk.claim(turn_id)
        assert claim.earlier is not None
        assert (claim.earlier.provider, claim.earlier.conversation_id) == ("spare", "here")
        assert claim.earlier.asked_in_conversation_id is None


async def test_a_worker_that_was_taken_for_dead_has_nobody_stand_in(desk: Desk) -> None:
    turn_id = await begun(desk)
    await desk.claim(turn_id)
    await stand_in(desk, turn_id, "spare", ids("dify", "there"), run_no=1)
    outlook = await desk.store.outlook(turn_id)
    assert outlook.turn.provider == "dify"


async def deletions(desk: Desk, at: float) -> set[tuple[str, str]]:
    due = await desk.store.claim_deletions(at, lease_until=at + 1000, limit=9)
    return {(each.provider, each.provider_conversation_id) for each in due}
