"""What one setting demands of another, checked on the tables as they were written.

So these problems are found even where single values are wrong too. Knows accounts and providers;
knows no value's format.
"""

from collections.abc import Iterator

from yingda.config.duties import duties_problems
from yingda.config.fields import NAME_FORMAT, NAME_LIMIT_CHARS, folded, sentence_refusal
from yingda.config.nearest import closest
from yingda.config.routing import default_provider, routing_problems
from yingda.config.sources import (
    CONFIG_OPTION,
    CONFIG_VARIABLE,
    DEFAULT_ACCOUNT,
    KINDS,
    Sources,
    Table,
)
from yingda.config.texts import Problem, problem
from yingda.texts import SENTENCES
from yingda.words import (
    COMMAND_WORD_LIMIT_CHARS,
    COMMAND_WORDS,
    CONFIRMING_WORDS,
    DEFAULT_PICKUP_WORD,
    normalised,
)


def complete(sources: Sources) -> None:
    """Fill in what follows from the rest: the only provider, the provider that is a mere kind."""
    for account in sources.accounts.values():
        if "provider" not in account and (first := default_provider(account)):
            account["provider"] = first
        if "provider" not in account and len(sources.providers) == 1:
            account["provider"] = next(iter(sources.providers))
        chosen = account.get("provider")
        # Echo alone needs nothing more than its name.
        if chosen == "echo" and chosen not in sources.providers:
            sources.providers[chosen] = {"kind": "echo"}


def demands(sources: Sources) -> Iterator[Problem]:
    """Every demand that is not met."""
    # Where the file could not be read at all, its accounts are not missed as well.
    is_unread = any(each.key in {CONFIG_OPTION, CONFIG_VARIABLE} for each in sources.problems)
    if not sources.accounts and not is_unread:
        yield problem("no_account", "YINGDA_WECHAT_TOKEN")
    for name in sources.providers:
        if NAME_FORMAT.fullmatch(name) is None:
            yield problem("name_format", f"providers.{name}", most=NAME_LIMIT_CHARS)
    for name, account in sources.accounts.items():
        yield from _provider(sources, name, account)
        yield from _keys(sources, name, account)
        yield from _mode(sources, name, account)
        yield from _sentences(sources, name, account)
        yield from _commands(sources, name, account)
        yield from duties_problems(account, f"accounts.{name}")
    yield from routing_problems(sources)


def _provider(sources: Sources, name: str, account: Table) -> Iterator[Problem]:
    label = sources.label("accounts", name, "provider")
    # Only the environment can give a Dify key to a mere kind, and it speaks of `default` alone.
    kinds = KINDS if name == DEFAULT_ACCOUNT else ("echo",)
    known = ", ".join(sorted({*sources.providers, *kinds}))
    chosen = account.get("provider")
    if "provider" not in account:
        yield problem("provider_missing", label, known=known)
    elif _is_unknown(sources, account, chosen):
        yield problem("provider_unknown", label, known=known)
    for key in ("transcriber", "speaker"):
        named = account.get(key)
        if not isinstance(named, str) or named.strip() in {"", *sources.providers}:
            continue
        label = sources.label("accounts", name, key)
        yield problem("provider_unknown", label, known=", ".join(sorted(sources.providers)))


def _is_unknown(sources: Sources, account: Table, chosen: object) -> bool:
    """Whether nobody has this name, and nothing else will say so: `routing` tells of its own."""
    named = chosen.strip() if isinstance(chosen, str) else ""
    return named not in {"", *sources.providers, default_provider(account)}


def _keys(sources: Sources, name: str, account: Table) -> Iterator[Problem]:
    key, previous = "encoding_aes_key", "previous_encoding_aes_key"
    if key in account and "app_id" not in account:
        other = sources.label("accounts", name, "app_id")
        label = sources.label("accounts", name, key)
        yield problem("key_without_app_id", label, other=other)
    if previous in account and key not in account:
        other = sources.label("accounts", name, key)
        label = sources.label("accounts", name, previous)
        yield problem("previous_without_key", label, other=other)


def _mode(sources: Sources, name: str, account: Table) -> Iterator[Problem]:
    if str(account.get("mode")).strip().lower() != "push":
        return
    for key in ("app_id", "app_secret"):
        if key not in account:
            other = sources.label("accounts", name, key)
            label = sources.label("accounts", name, "mode")
            yield problem("push_without_secret", label, other=other)


def _sentences(sources: Sources, name: str, account: Table) -> Iterator[Problem]:
    texts = account.get("texts")
    for key, template in texts.items() if isinstance(texts, dict) else ():
        refusal = sentence_refusal(key, template) if isinstance(template, str) else None
        if refusal is not None:
            near = closest(key, tuple(SENTENCES))
            label = sources.label("accounts", name, "texts", key)
            yield problem(refusal.code, label, **{"closest": near, **refusal.values})


def _commands(sources: Sources, name: str, account: Table) -> Iterator[Problem]:
    commands = account.get("commands")
    pickup_word = normalised(str(account.get("pickup_word", DEFAULT_PICKUP_WORD)))
    # They confirm an erasure, whatever begins it.
    taken = dict.fromkeys(CONFIRMING_WORDS, "forget")
    if pickup_word in taken:
        label = sources.label("accounts", name, "pickup_word")
        yield problem("command_word_taken", label, other="forget")
    taken[pickup_word] = "pickup_word"
    switched_off = account.get("commands_off")
    off = [folded(name) for name in switched_off] if isinstance(switched_off, list) else []
    taken |= {
        normalised(word): word for command, word in COMMAND_WORDS.items() if command not in off
    }
    for command, words in commands.items() if isinstance(commands, dict) else ():
        label = sources.label("accounts", name, "commands", command)
        if command not in COMMAND_WORDS:
            yield problem("command_unknown", label, known=", ".join(COMMAND_WORDS))
        for word in words if isinstance(words, list) else ():
            if len(str(word)) > COMMAND_WORD_LIMIT_CHARS:
                yield problem("command_word_too_long", label, most=COMMAND_WORD_LIMIT_CHARS)
            compared = normalised(str(word))
            if compared in taken:
                yield problem("command_word_taken", label, other=taken[compared])
            taken.setdefault(compared, label)
