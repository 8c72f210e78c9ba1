"""Which rule a text meets: the first one in the operator's order.

Pure. Words are compared as `yingda.words` compares them, patterns as `yingda.patterns` does.
Refuses to know when rules are asked: commands and pickups come before them.
"""

import string
from collections.abc import Callable, Iterator, Mapping

import msgspec

from yingda.actions import Action, AskAction, Match, QuestionAction, Rule
from yingda.patterns import Pattern, folded
from yingda.words import normalised

#: What may stand between a word and the question behind it, besides blanks. Our choice.
_PARTING = string.whitespace + "\u3000:：,，"
_Test = Callable[[str], bool]


class _Step(msgspec.Struct, frozen=True):
    """One comparison that is no mere look-up."""

    place: int
    reads_pattern: bool
    test: _Test
    action: Action | AskAction
    #: The beginning that the rest of a text stands behind, normalised; "" for other ways to match.
    head: str = ""


class Rules:
    """One account's rules, ready to be asked. Raises PatternInvalid."""

    def __init__(self, rules: tuple[Rule, ...] = ()) -> None:
        self.actions = tuple(rule.action for rule in rules)
        self._exact: dict[str, tuple[int, Action | AskAction]] = {}
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
        head = ""
        unfolded: str | None = None
        for step in self._steps:
            if action is not None and step.place > place:
                break
            if step.reads_pattern and unfolded is None:
                unfolded = folded(text)
            if step.test(unfolded or "" if step.reads_pattern else word):
                action, head = step.action, step.head
                break
        if isinstance(action, AskAction):
            return QuestionAction(_behind(text, head), action.provider)
        return action


def _steps(place: int, rule: Rule) -> Iterator[_Step]:
    for word in rule.words:
        reads_pattern = rule.match is Match.REGEX
        head = normalised(word) if rule.match is Match.PREFIX else ""
        yield _Step(place, reads_pattern, _TESTS[rule.match](word), rule.action, head)


def _behind(text: str, head: str) -> str:
    """What stands in a text behind its beginning, without what parts the two."""
    end = 0
    while len(normalised(text[:end])) < len(head):
        end += 1
    return text[end:].lstrip(_PARTING)


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
