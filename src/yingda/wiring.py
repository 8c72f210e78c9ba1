"""Settings, as the plain values that the rooms below take.

Knows both sides of every setting of an account, and of what bounds the process. Knows no adapter:
those are `adapters`'.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from zoneinfo import ZoneInfo

import msgspec

from yingda.config.prices import Priced
from yingda.config.providers import ProviderSettings
from yingda.config.values import AccountSettings, Settings
from yingda.delivery.style import ReplyStyle
from yingda.engine.accounts.accounts import Account, PictureMode, PushMode
from yingda.engine.accounts.budgeting import Budget
from yingda.engine.accounts.duties import Duties, names_of
from yingda.engine.accounts.pricing import PriceTable
from yingda.engine.accounts.rules import Rules
from yingda.engine.asking.candidates import Standby
from yingda.engine.intake.admission import Capacity
from yingda.providers.breaker import BreakerRules
from yingda.store.snapshot_base import Snapshot, SnapshotKind
from yingda.texts import Texts
from yingda.wechat.envelope import AesKey, Envelope
from yingda.words import Command, words_to_commands, words_to_show


def account_of(settings: AccountSettings, fingerprint_key: bytes) -> Account:
    """The account as the engine knows it; the key hides what its fingerprint is made of."""
    has_secret = settings.app_id and settings.app_secret
    # Where there are no models, there is none to choose.
    off = settings.commands_off if settings.models else (*settings.commands_off, Command.MODEL)
    own = {
        name: words
        for name, words in settings.commands.items()
        if settings.models or name != Command.MODEL
    }
    shown_words = words_to_show(own, off)
    return Account(
        name=settings.name,
        token=settings.token,
        envelope=_envelope_of(settings),
        style=_style_of(settings, shown_words),
        provider=settings.provider,
        models=settings.models,
        split=settings.split,
        patience=settings.patience,
        first_part=settings.first_part,
        suggestions=settings.suggestions,
        queue_limit=settings.queue_limit,
        rate_per_minute=settings.rate_per_minute,
        daily_questions=settings.daily_questions,
        budget=budget_of(settings),
        time_zone=ZoneInfo(settings.time_zone),
        blocked=settings.blocked,
        is_blocked_told=settings.blocked_reply == "sentence",
        allowed=settings.allowed,
        freshness_s=settings.freshness_s,
        push_mode=PushMode(settings.mode) if has_secret else PushMode.PASSIVE,
        push_fingerprint=_fingerprint(settings, fingerprint_key),
        command_words=words_to_commands(own, off),
        shown_words=shown_words,
        idle_s=None if settings.idle_h is None else settings.idle_h * 3600,
        erase_after_unsubscribe_h=settings.erase_after_unsubscribe_h,
        pictures=PictureMode(settings.pictures),
        picture_wait_s=settings.picture_wait_min * 60.0,
        hears_voice=settings.voice == "auto",
        transcriber=settings.transcriber,
        sends_pictures=settings.answer_pictures,
        speaks_answers=settings.voice_answers == "voice",
        speaker=settings.speaker,
        duties=duties_of(settings),
    )


def _envelope_of(settings: AccountSettings) -> Envelope:
    keys = (settings.encoding_aes_key, settings.previous_encoding_aes_key)
    return Envelope(
        token=settings.token,
        app_id=settings.app_id or "",
        keys=tuple(AesKey.parse(key) for key in keys if key),
    )


def _style_of(settings: AccountSettings, shown_words: Mapping[Command, str]) -> ReplyStyle:
    return ReplyStyle(
        texts=Texts(settings.language, settings.texts),
        pickup_word=settings.pickup_word,
        has_ai_label=settings.ai_label,
        retry_word=shown_words.get(Command.RETRY),
        has_feedback_links=settings.feedback_links,
        good_word=shown_words.get(Command.GOOD),
        bad_word=shown_words.get(Command.BAD),
    )


def duties_of(settings: AccountSettings) -> Duties:
    """What the account does besides answering questions."""
    return Duties(
        rules=Rules(settings.rules),
        menu=settings.menu,
        keys=settings.menu.actions(),
        names=names_of(settings.menu),
        welcome=settings.welcome,
        scenes=settings.scenes,
        menu_in_text=settings.menu_in_text,
    )


def capacity_of(settings: Settings) -> Capacity:
    """How much is taken on at once, by this process and by all on its database."""
    return Capacity(
        max_open_turns=settings.max_open_turns,
        max_held=settings.max_held,
        concurrency={
            name: own.concurrency for name, own in settings.providers.items() if own.concurrency
        },
    )


def budget_of(settings: AccountSettings) -> Budget | None:
    """What the account may spend in a month."""
    if settings.monthly_budget is None:
        return None
    return Budget(
        price=settings.monthly_budget,
        currency=settings.budget_currency,
        warning_share=settings.budget_warning,
    )


def price_tables_of(providers: Mapping[str, Priced]) -> Mapping[str, PriceTable]:
    """Provider → its price table, of those that have one."""
    return {
        name: PriceTable(
            currency=own.currency,
            prompt=own.price_in_per_million,
            completion=own.price_out_per_million,
            cached_prompt=own.price_cached_in_per_million,
        )
        for name, own in providers.items()
        if own.price_in_per_million is not None and own.price_out_per_million is not None
    }


def standby_of(providers: Mapping[str, ProviderSettings]) -> Standby:
    """Who stands in for whom, and when a provider is left alone."""
    return Standby(
        fallbacks={name: own.fallback for name, own in providers.items()},
        breakers={
            name: BreakerRules(failures=own.breaker_failures, open_s=own.breaker_open_s)
            for name, own in providers.items()
        },
    )


def snapshots_of(settings: Settings, fingerprint_key: bytes) -> tuple[Snapshot, ...]:
    """What tells all that is set for each account and provider from other settings."""
    named: list[tuple[SnapshotKind, str, object]] = [
        *((SnapshotKind.ACCOUNT, own.name, own) for own in settings.accounts),
        *((SnapshotKind.PROVIDER, *own) for own in settings.providers.items()),
    ]
    named.append((SnapshotKind.NAMES, "", tuple(sorted(each[:2] for each in named))))
    return tuple(
        Snapshot(kind=kind, name=name, fingerprint=_keyed(repr(_plain(own)), fingerprint_key))
        for kind, name, own in named
    )


def _plain(value: object) -> object:
    """The value with all that it is made of, secrets included; equal ones have equal forms.

    Their own `repr` leaves out what nobody may see.
    """
    if isinstance(value, msgspec.Struct):
        names: Iterable[str] = value.__struct_fields__
    elif is_dataclass(value):
        names = [own.name for own in fields(value)]
    elif isinstance(value, Mapping):
        # In its own order: the first model answers who has not chosen.
        return [(name, _plain(each)) for name, each in value.items()]
    elif isinstance(value, frozenset):
        return sorted(repr(_plain(each)) for each in value)
    elif isinstance(value, tuple):
        return [_plain(each) for each in value]
    else:
        return value
    return [type(value).__name__, *(_plain(getattr(value, name)) for name in names)]


def _fingerprint(settings: AccountSettings, key: bytes) -> str:
    # No part has a NUL, so that no two sets read alike.
    of = (settings.app_id or "", settings.app_secret or "", settings.api_base)
    return _keyed("\0".join(of), key)


def _keyed(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]
