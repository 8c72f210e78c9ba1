"""From the nodes of an event to its value.

Knows which nodes each event has and how its name is written. Refuses to judge: an unknown event,
a missing node or a number that is none gives a value, never an error.
"""

from collections.abc import Callable
from typing import TypeAlias

from yingda.wechat.base import Head, created_at_s, event_key, head, name_of
from yingda.wechat.events import (
    AccountVerificationEvent,
    AgentSessionEvent,
    AgentSwitchEvent,
    ClickEvent,
    Event,
    LocationReportEvent,
    LocationSelectEvent,
    MassSentEvent,
    PhotoEvent,
    PrivacyEvent,
    PublishedEvent,
    ScanCodeEvent,
    ScanEvent,
    SubscribeEvent,
    SubscriptionNotice,
    SubscriptionNoticeEvent,
    TemplateSentEvent,
    UnknownEvent,
    UnsubscribeEvent,
    ViewEvent,
    ViewMiniProgramEvent,
)
from yingda.wechat.limits import SCENE_PREFIX
from yingda.wechat.xml_tree import Node


def decode_event(nodes: Node) -> Event:
    """The value of a push whose MsgType is `event`; raises BodyMalformed without its two ids."""
    name = name_of(nodes, "event")
    created_s = created_at_s(nodes)
    common = head(nodes, created_s, event_key(nodes, name, created_s))
    return _KINDS.get(name, _unknown)(nodes, common, name)


def _subscribe(nodes: Node, common: Head, name: str) -> SubscribeEvent:
    scene = nodes.text("eventkey").removeprefix(SCENE_PREFIX)
    return SubscribeEvent(*common, name=name, scene=scene, ticket=nodes.text("ticket"))


def _unsubscribe(_nodes: Node, common: Head, name: str) -> UnsubscribeEvent:
    return UnsubscribeEvent(*common, name=name)


def _scan(nodes: Node, common: Head, name: str) -> ScanEvent:
    return ScanEvent(*common, name=name, scene=nodes.text("eventkey"), ticket=nodes.text("ticket"))


def _location(nodes: Node, common: Head, name: str) -> LocationReportEvent:
    return LocationReportEvent(
        *common,
        name=name,
        latitude=nodes.decimal("latitude"),
        longitude=nodes.decimal("longitude"),
        precision=nodes.decimal("precision"),
    )


def _click(nodes: Node, common: Head, name: str) -> ClickEvent:
    return ClickEvent(*common, name=name, key=nodes.text("eventkey"))


def _view(nodes: Node, common: Head, name: str) -> ViewEvent:
    return ViewEvent(*common, name=name, url=nodes.text("eventkey"), menu_id=nodes.text("menuid"))


def _view_mini_program(nodes: Node, common: Head, name: str) -> ViewMiniProgramEvent:
    return ViewMiniProgramEvent(
        *common, name=name, path=nodes.text("eventkey"), menu_id=nodes.text("menuid")
    )


def _scan_code(nodes: Node, common: Head, name: str) -> ScanCodeEvent:
    info = nodes.branch("scancodeinfo")
    return ScanCodeEvent(
        *common,
        name=name,
        key=nodes.text("eventkey"),
        scan_type=info.text("scantype"),
        scan_result=info.text("scanresult"),
    )


def _photo(nodes: Node, common: Head, name: str) -> PhotoEvent:
    info = nodes.branch("sendpicsinfo")
    items = info.branch("piclist").branches("item")
    return PhotoEvent(
        *common,
        name=name,
        key=nodes.text("eventkey"),
        count=info.integer("count"),
        picture_md5s=tuple([item.text("picmd5sum") for item in items]),
    )


def _location_select(nodes: Node, common: Head, name: str) -> LocationSelectEvent:
    info = nodes.branch("sendlocationinfo")
    return LocationSelectEvent(
        *common,
        name=name,
        key=nodes.text("eventkey"),
        latitude=info.decimal("location_x"),
        longitude=info.decimal("location_y"),
        scale=info.integer("scale"),
        label=info.text("label"),
        poi_name=info.text("poiname"),
    )


def _template_sent(nodes: Node, common: Head, name: str) -> TemplateSentEvent:
    return TemplateSentEvent(
        *common, name=name, message_id=nodes.text("msgid"), status=nodes.text("status")
    )


def _mass_sent(nodes: Node, common: Head, name: str) -> MassSentEvent:
    return MassSentEvent(
        *common,
        name=name,
        message_id=nodes.text("msgid"),
        status=nodes.text("status"),
        total_count=nodes.integer("totalcount"),
        filter_count=nodes.integer("filtercount"),
        sent_count=nodes.integer("sentcount"),
        error_count=nodes.integer("errorcount"),
    )


def _published(_nodes: Node, common: Head, name: str) -> PublishedEvent:
    return PublishedEvent(*common, name=name)


_NOTICE_ROOTS = {
    "subscribe_msg_popup_event": "subscribemsgpopupevent",
    "subscribe_msg_change_event": "subscribemsgchangeevent",
    "subscribe_msg_sent_event": "subscribemsgsentevent",
}


def _notices(nodes: Node, common: Head, name: str) -> SubscriptionNoticeEvent:
    entries = nodes.branch(_NOTICE_ROOTS[name]).branches("list")
    return SubscriptionNoticeEvent(
        *common, name=name, notices=tuple([_notice(entry) for entry in entries])
    )


def _notice(entry: Node) -> SubscriptionNotice:
    return SubscriptionNotice(
        template_id=entry.text("templateid"),
        choice=entry.text("subscribestatusstring"),
        popup_scene=entry.text("popupscene"),
        message_id=entry.text("msgid"),
        error_code=entry.text("errorcode"),
        error_status=entry.text("errorstatus"),
    )


def _agent_session(nodes: Node, common: Head, name: str) -> AgentSessionEvent:
    return AgentSessionEvent(*common, name=name, agent=nodes.text("kfaccount"))


def _agent_switch(nodes: Node, common: Head, name: str) -> AgentSwitchEvent:
    return AgentSwitchEvent(
        *common,
        name=name,
        from_agent=nodes.text("fromkfaccount"),
        to_agent=nodes.text("tokfaccount"),
    )


def _privacy(nodes: Node, common: Head, name: str) -> PrivacyEvent:
    return PrivacyEvent(
        *common,
        name=name,
        subject_openid=nodes.text("openid") or nodes.text("fromusername"),
        revoked=nodes.text("revokeinfo"),
    )


def _verification(nodes: Node, common: Head, name: str) -> AccountVerificationEvent:
    return AccountVerificationEvent(
        *common,
        name=name,
        expires_at_s=nodes.integer("expiredtime"),
        failed_at_s=nodes.integer("failtime"),
        fail_reason=nodes.text("failreason"),
    )


def _unknown(_nodes: Node, common: Head, name: str) -> UnknownEvent:
    return UnknownEvent(*common, name=name)


_Build: TypeAlias = Callable[[Node, Head, str], Event]

_KINDS: dict[str, _Build] = {
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "scan": _scan,
    "location": _location,
    "click": _click,
    "view": _view,
    "view_miniprogram": _view_mini_program,
    "scancode_push": _scan_code,
    "scancode_waitmsg": _scan_code,
    "pic_sysphoto": _photo,
    "pic_photo_or_album": _photo,
    "pic_weixin": _photo,
    "location_select": _location_select,
    "templatesendjobfinish": _template_sent,
    "masssendjobfinish": _mass_sent,
    "publishjobfinish": _published,
    **dict.fromkeys(_NOTICE_ROOTS, _notices),
    "kf_create_session": _agent_session,
    "kf_close_session": _agent_session,
    "kf_switch_session": _agent_switch,
    "user_info_modified": _privacy,
    "user_authorization_revoke": _privacy,
    "qualification_verify_success": _verification,
    "qualification_verify_fail": _verification,
    "naming_verify_success": _verification,
    "naming_verify_fail": _verification,
    "annual_renew": _verification,
    "verify_expired": _verification,
}
