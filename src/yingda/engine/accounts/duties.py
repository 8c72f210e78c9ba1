"""What one account does besides asking an AI: its rules, menu, welcome and scenes.

Frozen values and look-ups in them. Refuses to know how an action is done.
"""

from collections.abc import Iterator, Mapping

import msgspec

from yingda.actions import Action, AskAction, NothingAction, QuestionAction, TextAction
from yingda.engine.accounts.rules import Rules
from yingda.wechat.links import web_link
from yingda.wechat.menu import ButtonType, Menu
from yingda.words import normalised


class Duties(msgspec.Struct, frozen=True, kw_only=True):
    """An account's other duties; as it stands, there are none but a welcome in words."""

    rules: Rules = msgspec.field(default_factory=Rules)
    menu: Menu = Menu()
    #: Key of a menu button → what a tap brings about.
    keys: Mapping[str, Action] = {}
    #: Name of a menu button, normalised → the same, for who types it or taps it in a text; a
    #: page's button gives its link.
    names: Mapping[str, Action] = {}
    #: What a new follower gets; None is the sentence.
    welcome: Action | None = None
    #: Scene of a QR code → what it brings about.
    scenes: Mapping[str, Action] = {}
    #: Whether welcome and help carry the menu; None finds out whether the account has a real one.
    menu_in_text: bool | None = None

    @property
    def providers(self) -> frozenset[str]:
        """The providers that rules, buttons and scenes name."""
        asking = (each for each in self.actions() if isinstance(each, QuestionAction | AskAction))
        return frozenset(each.provider for each in asking) - {""}

    def actions(self) -> Iterator[Action | AskAction]:
        """Every action that may ever be done, some more than once."""
        yield from self.rules.actions
        yield from self.keys.values()
        yield from self.scenes.values()
        if self.welcome is not None:
            yield self.welcome

    def meant(self, text: str, word: str) -> Action | None:
        """What a text brings about, by rules first, then by the buttons' names."""
        return self.rules.find(text, word) or self.names.get(word)

    def tapped(self, key: str) -> Action | None:
        """What a menu button with this key brings about, as far as the menu tells."""
        return self.keys.get(key)

    def by_scene(self, scene: str) -> Action | None:
        """What the QR code of this scene brings about."""
        return self.scenes.get(scene) if scene else None


def names_of(menu: Menu) -> dict[str, Action]:
    """The name of every button that replies to a tap or opens a page, normalised."""
    found: dict[str, Action] = {}
    for button in menu.leaves():
        action = button.action
        if button.type is ButtonType.VIEW:
            # Who was told to tap its name or to send it may do the latter.
            action = TextAction(web_link(button.url, button.name))
        if action is not None and not isinstance(action, NothingAction):
            found.setdefault(normalised(button.name), action)
    return found
