"""How settings spell rules: a list of tables, each with one way to match and one action."""

from collections.abc import Mapping

from yingda.actions import Match, Rule
from yingda.config.actions import read_rule_action
from yingda.config.tables import Fields, Notes, tables
from yingda.patterns import Pattern, PatternInvalid
from yingda.words import normalised

_MATCHES = tuple(Match)


def read_rules(
    value: object, label: str, notes: Notes, taken: Mapping[str, str]
) -> tuple[Rule, ...]:
    """The rules in their order. `taken`: normalised words that no rule is asked about."""
    read = [_rule(fields, taken) for fields in tables(value, label, notes)]
    return tuple(rule for rule in read if rule is not None)


def _rule(fields: Fields, taken: Mapping[str, str]) -> Rule | None:
    named = fields.of(*_MATCHES)
    action = read_rule_action(fields)
    fields.refuse_others()
    if len(named) != 1:
        code = "match_twice" if named else "match_missing"
        fields.notes.add(code, fields.label, known=", ".join(_MATCHES))
        return None
    match = Match(named[0])
    words = fields.words(match)
    for word in words:
        _check(fields, match, word, taken)
    return None if action is None else Rule(match, words, action)


def _check(fields: Fields, match: Match, word: str, taken: Mapping[str, str]) -> None:
    if match is Match.REGEX:
        try:
            Pattern(word)
        except PatternInvalid:
            fields.note("pattern", match)
    elif match is Match.EXACT and normalised(word) in taken:
        fields.note("rule_word_taken", match, other=taken[normalised(word)])
