"""How the settings of an account become values of the rooms, and are told from others."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from support.settings import LEAST, LEAST_FILE, TOKEN, from_file
from yingda.config import AccountSettings, Settings, load
from yingda.config.providers import DifyProvider
from yingda.engine.accounts.accounts import Account
from yingda.store.snapshot_base import SnapshotKind
from yingda.wiring import account_of, snapshots_of


def account(**environ: str) -> Account:
    return account_of(load({**LEAST, **environ}).accounts[0], b"k" * 32)


@pytest.mark.parametrize("is_on", [True, False])
def test_suggestions_and_links_that_rate_are_as_they_are_set(*, is_on: bool) -> None:
    word = str(is_on).lower()
    set_up = account(YINGDA_SUGGESTIONS=word, YINGDA_FEEDBACK_LINKS=word)
    assert (set_up.suggestions, set_up.style.has_feedback_links) == (is_on, is_on)


def test_neither_is_on_by_itself_and_links_carry_the_built_in_words() -> None:
    set_up = account()
    assert (set_up.suggestions, set_up.style.has_feedback_links) == (False, False)
    assert (set_up.style.good_word, set_up.style.bad_word) == ("/good", "/bad")


# What tells settings apart

RICH = """
[[accounts.shop.rules]]
regex = "^(hello|hi)"
ask = true

[[accounts.shop.menu]]
name = "News"
view = "https://example.com"

[accounts.shop.texts]
queue_full = "Later."
"""


def fingerprints(settings: Settings) -> dict[tuple[SnapshotKind, str], str]:
    found = snapshots_of(settings, b"k" * 32)
    assert TOKEN not in repr(found)
    return {(each.kind, each.name): each.fingerprint for each in found}


def test_equal_settings_have_equal_fingerprints_in_every_process(tmp_path: Path) -> None:
    once = fingerprints(from_file(tmp_path, LEAST_FILE + RICH))
    assert list(once) == [
        (SnapshotKind.ACCOUNT, "shop"),
        (SnapshotKind.PROVIDER, "assistant"),
        (SnapshotKind.NAMES, ""),
    ]
    assert once == fingerprints(from_file(tmp_path, LEAST_FILE + RICH))
    assert {len(each) for each in once.values()} == {32}


def test_without_the_key_nobody_can_make_a_fingerprint(tmp_path: Path) -> None:
    settings = from_file(tmp_path, LEAST_FILE)
    assert {*snapshots_of(settings, b"k" * 32)}.isdisjoint(snapshots_of(settings, b"l" * 32))


@pytest.mark.parametrize("name", [own.name for own in fields(AccountSettings)])
def test_whatever_is_set_otherwise_for_an_account_changes_its_fingerprint(
    tmp_path: Path, name: str
) -> None:
    settings = from_file(tmp_path, LEAST_FILE)
    change: dict[str, Any] = {name: "other"}
    other = replace(settings.accounts[0], **change)
    was, changed = fingerprints(settings), fingerprints(replace(settings, accounts=(other,)))
    assert changed[SnapshotKind.ACCOUNT, other.name] not in was.values()
    provider = SnapshotKind.PROVIDER, "assistant"
    assert changed[provider] == was[provider]


@pytest.mark.parametrize("name", [own.name for own in fields(DifyProvider)])
def test_whatever_is_set_otherwise_for_a_provider_changes_its_fingerprint(
    tmp_path: Path, name: str
) -> None:
    settings = from_file(tmp_path, LEAST_FILE)
    change: dict[str, Any] = {name: "other"}
    other = replace(settings.providers["assistant"], **change)
    assert fingerprints(replace(settings, providers={"assistant": other})) != fingerprints(settings)


def test_actions_that_look_alike_inside_are_told_apart(tmp_path: Path) -> None:
    asks = from_file(tmp_path, LEAST_FILE + RICH)
    hands_over = from_file(tmp_path, LEAST_FILE + RICH.replace("ask = true", "agent = true"))
    assert fingerprints(asks) != fingerprints(hands_over)
