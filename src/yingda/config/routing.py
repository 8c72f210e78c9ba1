"""Who answers, as settings name it: stand-ins, models to choose from, shares, providers of rules.

Checked on the tables as they were written, like `checks`. Knows names of providers and what may be
said of them; refuses to know what a provider is.
"""

from collections.abc import Iterator
from typing import Final

from yingda.actions import AskAction, QuestionAction
from yingda.config.sources import Sources, Table
from yingda.config.texts import Problem, problem
from yingda.config.values import Settings
from yingda.texts import MODEL_NAME_LIMIT_CHARS
from yingda.words import normalised

#: Models that a follower may choose from. Our choice: a list on a phone that is read at a glance,
#: and as many as fit a reply with names of any length.
MODELS_LIMIT: Final = 10
#: The keys of an account whose tables may name a provider.
_DUTIES = ("rules", "menu", "welcome", "scenes")


def default_provider(account: Table) -> str | None:
    """Who answers where no provider is set: the first of the models, or of the shares."""
    for key in ("models", "split"):
        table = account.get(key)
        if isinstance(table, dict) and table:
            first = next(iter(table.values() if key == "models" else table))
            return first.strip() if isinstance(first, str) else None
    return None


def routing_problems(sources: Sources) -> Iterator[Problem]:
    """Everything that is wrong in it."""
    known = ", ".join(sorted(sources.providers))
    for name, provider in sources.providers.items():
        yield from _fallback(sources, name, provider, known)
    for name, account in sources.accounts.items():
        yield from _models(sources, name, account, known)
        yield from _split(sources, name, account, known)
        for key in _DUTIES:
            for label, named in _named(account.get(key), f"accounts.{name}.{key}"):
                if named not in sources.providers:
                    yield problem("provider_unknown", label, known=known)


def _fallback(sources: Sources, name: str, provider: Table, known: str) -> Iterator[Problem]:
    named, label = provider.get("fallback"), sources.label("providers", name, "fallback")
    listed = named if isinstance(named, list) else []
    names = [each.strip() for each in listed if isinstance(each, str)]
    for place, other in enumerate(names):
        if other == name:
            yield problem("fallback_itself", label)
        elif other not in sources.providers:
            yield problem("provider_unknown", label, known=known)
        elif other in names[:place]:
            yield problem("fallback_twice", label)
        elif _kind(sources, other) == "echo" != _kind(sources, name):
            yield problem("fallback_echo", label)


def _models(sources: Sources, name: str, account: Table, known: str) -> Iterator[Problem]:
    models = account.get("models")
    if not isinstance(models, dict):
        return
    own = sources.label("accounts", name, "models")
    if not models:
        yield problem("empty", own)
    if len(models) > MODELS_LIMIT:
        yield problem("models_too_many", own, most=MODELS_LIMIT)
    seen: set[str] = set()
    for shown, provider in models.items():
        label = sources.label("accounts", name, "models", shown)
        compared = normalised(shown)
        if not compared or not shown.isprintable() or len(shown) > MODEL_NAME_LIMIT_CHARS:
            yield problem("model_name", label, most=MODEL_NAME_LIMIT_CHARS)
        if compared in seen:
            yield problem("model_name_twice", label)
        seen.add(compared)
        if isinstance(provider, str) and provider.strip() not in sources.providers:
            yield problem("provider_unknown", label, known=known)
    chosen = account.get("provider")
    if models and isinstance(chosen, str) and chosen.strip() != default_provider(account):
        label = sources.label("accounts", name, "provider")
        yield problem("provider_not_first", label, other=own)


def _split(sources: Sources, name: str, account: Table, known: str) -> Iterator[Problem]:
    split = account.get("split")
    if not isinstance(split, dict):
        return
    if not any(split.values()):
        yield problem("split_empty", sources.label("accounts", name, "split"))
    for provider in split:
        if provider not in sources.providers:
            label = sources.label("accounts", name, "split", provider)
            yield problem("provider_unknown", label, known=known)


def _named(value: object, label: str) -> Iterator[tuple[str, str]]:
    """Every provider that is named in these tables, with what the operator calls the place."""
    if isinstance(value, list):
        for number, each in enumerate(value, 1):
            yield from _named(each, f"{label}[{number}]")
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "provider" and isinstance(each, str) and each.strip():
                yield f"{label}.{key}", each.strip()
            else:
                yield from _named(each, f"{label}.{key}")


def asked_by(sources: Sources, account: Table) -> tuple[str, ...]:
    """Whoever may be asked for this account, each once; unknown names among them."""
    models, split = account.get("models"), account.get("split")
    named = [
        account.get("provider"),
        *(models.values() if isinstance(models, dict) else ()),
        *(split if isinstance(split, dict) else ()),
        *(each for key in _DUTIES for _, each in _named(account.get(key), key)),
    ]
    firsts = [each.strip() for each in named if isinstance(each, str) and each.strip()]
    fallbacks = [sources.providers.get(each, {}).get("fallback") for each in firsts]
    listed = [other for each in fallbacks if isinstance(each, list) for other in each]
    stand_ins = [each.strip() for each in listed if isinstance(each, str)]
    return tuple(dict.fromkeys((*firsts, *stand_ins)))


def _kind(sources: Sources, name: str) -> object:
    return sources.providers[name].get("kind")


def used_providers(settings: Settings) -> frozenset[str]:
    """The names of all providers that may ever be asked."""
    used: set[str] = set()
    for account in settings.accounts:
        actions = (
            *(rule.action for rule in account.rules),
            *account.menu.actions().values(),
            *account.scenes.values(),
            account.welcome,
        )
        used |= {account.provider, *account.models.values(), *account.split}
        used |= {each.provider for each in actions if isinstance(each, QuestionAction | AskAction)}
    used.discard("")
    stand_ins = {other for name in used for other in settings.providers[name].fallback}
    return frozenset(used | stand_ins)
