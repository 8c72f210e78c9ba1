"""Which rule a text meets: the first one in the operator's order.

Pure. Words are compared as `yingda.words` compares them, patterns as `yingda.patterns` does.
Refuses to know when rules are asked: commands and pickups come before them.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from yingda.actions import Action, Match, Rule
from yingda.patterns import Pattern, folded
from yingda.words import normalised

_Test = Callable[[str], bool]


class _Step(msgspec.Struct, frozen=True):
    """One comparison that is no mere look-up."""

    place: int
    reads_pattern: bool
    test: _Test
    action: Action


class Rules:
    """One account's rules, ready to be asked. Raises PatternInvalid."""

    def __init__(self, rules: tuple[Rule, ...] = ()) -> None:
        self.actions = tuple(rule.action for rule in rules)
        self._exact: dict[str, tuple[int, Action]] = {}
        self._steps: list[_Step] = []
        for place, rule in enumerate(rules):
            if rule.match is Match.EXACT:
                for word in rule.words:
                    self._exact.setdefault(normalised(word), (place, rule.action))
            else:
                self._steps += _steps(place, rule)

    def find(self, text: str, word: str) -> Action | None:
        """What the first rule that `text` meets brings about; `word` is the text normalised."""
        place, action = self._exact.get(word, (-1, None))
        unfolded: str | None = None
        for step in self._steps:
            if action is not None and step.place > place:
                break
            if step.reads_pattern and unfolded is None:
                unfolded = folded(text)
            if step.test(unfolded or "" if step.reads_pattern else word):
                return step.action
        return action


def _steps(place: int, rule: Rule) -> Iterator[_Step]:
    for word in rule.words:
        reads_pattern = rule.match is Match.REGEX
        yield _Step(place, reads_pattern, _TESTS[rule.match](word), rule.action)


def _begins(word: str) -> _Test:
    head = normalised(word)
    return lambda text: text.startswith(head)


def _holds(word: str) -> _Test:
    part = normalised(word)
    return lambda text: part in text


def _fits(pattern: str) -> _Test:
    return Pattern(pattern).matches


_TESTS: Mapping[Match, Callable[[str], _Test]] = {
    Match.PREFIX: _begins,
    Match.KEYWORD: _holds,
    Match.REGEX: _fits,
}
