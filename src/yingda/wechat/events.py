"""Events as frozen values: what a follower or the platform did.

Knows the fields of every event of the official pages on events and menus that a gateway may
meet. Refuses to know how they are written: `event_nodes` reads them.
"""

import msgspec

from yingda.wechat.base import Message


class Event(Message, frozen=True, kw_only=True):
    """An event of whatever kind; `name` is its Event node in lower case."""

    name: str


class SubscribeEvent(Event, frozen=True, kw_only=True):
    """Somebody follows; scene and ticket only when a scene QR code brought them."""

    #: Without its `qrscene_` prefix.
    scene: str
    ticket: str


class UnsubscribeEvent(Event, frozen=True, kw_only=True):
    """Somebody follows no longer; the platform requires their data to be deleted."""


class ScanEvent(Event, frozen=True, kw_only=True):
    """A follower scanned a scene QR code."""

    scene: str
    ticket: str


class LocationReportEvent(Event, frozen=True, kw_only=True):
    """Where a follower is, in degrees; None where a number is missing."""

    latitude: float | None
    longitude: float | None
    precision: float | None


class ClickEvent(Event, frozen=True, kw_only=True):
    """A tap on a menu button of type click."""

    key: str


class ViewEvent(Event, frozen=True, kw_only=True):
    """A tap on a menu button that opens a page."""

    url: str
    menu_id: str


class ViewMiniProgramEvent(Event, frozen=True, kw_only=True):
    """A tap on a menu button that opens a mini-program."""

    path: str
    menu_id: str


class ScanCodeEvent(Event, frozen=True, kw_only=True):
    """A code scanned through a menu button (`scancode_push`, `scancode_waitmsg`)."""

    key: str
    scan_type: str
    scan_result: str


class PhotoEvent(Event, frozen=True, kw_only=True):
    """Pictures picked through a menu button; they follow as image messages."""

    key: str
    count: int | None
    picture_md5s: tuple[str, ...]


class LocationSelectEvent(Event, frozen=True, kw_only=True):
    """A place picked through a menu button; a location message follows."""

    key: str
    latitude: float | None
    longitude: float | None
    scale: int | None
    label: str
    poi_name: str


class TemplateSentEvent(Event, frozen=True, kw_only=True):
    """The report on a template message; `status` is `success` or tells the failure."""

    message_id: str
    status: str


class MassSentEvent(Event, frozen=True, kw_only=True):
    """The report on a mass message; None where a count is missing."""

    message_id: str
    status: str
    total_count: int | None
    filter_count: int | None
    sent_count: int | None
    error_count: int | None


class PublishedEvent(Event, frozen=True, kw_only=True):
    """The report on a publication; the names inside it are not covered by our sources."""


class SubscriptionNotice(msgspec.Struct, frozen=True):
    """One entry of a subscription-notice event; "" where the event has no such node."""

    template_id: str
    #: SubscribeStatusString: `accept` or `reject`.
    choice: str
    popup_scene: str
    message_id: str
    error_code: str
    error_status: str


class SubscriptionNoticeEvent(Event, frozen=True, kw_only=True):
    """A follower chose in the pop-up, changed the choice, or a notice was sent."""

    notices: tuple[SubscriptionNotice, ...]


class AgentSessionEvent(Event, frozen=True, kw_only=True):
    """A human agent took over or ended a chat."""

    agent: str


class AgentSwitchEvent(Event, frozen=True, kw_only=True):
    """A chat went from one human agent to another."""

    from_agent: str
    to_agent: str


class PrivacyEvent(Event, frozen=True, kw_only=True):
    """A follower changed their data, or took back the right to use it."""

    #: Whom it is about: the OpenID node, else the sender.
    subject_openid: str
    #: RevokeInfo: the kinds of data. Our sources speak of revocation data and name no node; ""
    #: when it is called otherwise.
    revoked: str


class AccountVerificationEvent(Event, frozen=True, kw_only=True):
    """A step in the account's own verification; times in Unix seconds, None where missing."""

    expires_at_s: int | None
    failed_at_s: int | None
    fail_reason: str


class UnknownEvent(Event, frozen=True, kw_only=True):
    """An event that we do not know or need; only its name is kept, "" when it has none."""
