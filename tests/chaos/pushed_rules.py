"""What holds besides where answers are sent as service messages.

Pure, as all rules. Counts quotas anew by the platform's own rule; trusts no count of the gateway's.
"""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from chaos.books import Books
from chaos.evidence import Exchange, Message, OfferRow
from chaos.fleet_rules import unkept
from yingda.simulator.followers import QUOTA_USED, WINDOW_CLOSED

#: Messages that a follower's own message opens (reference, section 11.1).
_QUOTA = 5
_OVER = {QUOTA_USED, WINDOW_CLOSED}
#: A part that is chosen while a grant is being written may be of either quota. Our choice: many
#: times what one write takes.
_GRACE_S = 0.25
_ANEW = {"notice_regenerated", "notice_corrected"}


def no_message_is_beyond_the_quota(own: Books) -> Iterator[str]:
    """Five for each action of the follower, by the platform's count and by the gateway's.

    The gateway learns of an action later than the platform. What it chose in between was of the
    former quota and costs one of the new: so many may be refused, and no more. One that it learns
    of behind a later one, as of a dead replica's repeat, opens no quota.
    """
    offers = _pushed_offers(own)
    for openid, acts in _acts(own).items():
        granted_s = _granted_s(own, acts)
        spent_s = [each.offered_at for each in offers[openid] if each.state != "refused"]
        for spent in _spans([at_s for at_s in spent_s if not _is_near(at_s, granted_s)], granted_s):
            if len(spent) > _QUOTA:
                yield f"{len(spent)} parts were chosen on one quota of {openid}"
        chosen_s = [each.offered_at for each in offers[openid]]
        sent = [each for each in own.evidence.messages if each.openid == openid]
        for granted_at_s, window in zip([0.0, *granted_s], _windows(sent, acts), strict=True):
            came = [each for each in window if not each.code]
            refused = [each for each in window if each.code in _OVER]
            early = [each for each in window if _chosen_s(each, chosen_s) < granted_at_s + _GRACE_S]
            if len(came) > _QUOTA:
                yield f"{openid} got {len(came)} messages on one quota"
            if len(refused) > len(early):
                yield f"{len(refused)} messages to {openid} were beyond the quota"


def what_was_sent_has_come(own: Books) -> Iterator[str]:
    """A part that is kept as sent came; beyond these only parts in doubt may have come."""
    came = Counter(each.openid for each in own.evidence.messages if not each.code)
    offers = _pushed_offers(own)
    for openid in came.keys() | offers.keys():
        states = Counter(offer.state for offer in offers[openid])
        most = states["sent"] + states["doubtful"]
        if not states["sent"] <= came[openid] <= most:
            yield f"{openid} got {came[openid]} messages, {states['sent']} to {most} were sent"


def what_is_sent_comes_in_order(own: Books) -> Iterator[str]:
    """What a follower sees for the first time goes on behind what they saw of the answer."""
    late = _turns_with_a_late_reply(own)
    at: dict[str, tuple[int, int]] = {}
    seen: set[tuple[str, int, int]] = set()
    for _, bubble in own.bubbles():
        for paragraph in bubble.paragraphs:
            turn = own.turn_asking.get(paragraph.question)
            place = paragraph.run, paragraph.place
            is_new = (paragraph.question, *place) not in seen
            seen.add((paragraph.question, *place))
            if turn is None or turn.id in late or not is_new:
                continue
            run, before = at.get(turn.question, (0, 0))
            if place != (run, before + 1) and not (paragraph.run > run and paragraph.place == 1):
                yield f"{turn.question} was shown at {place} after {(run, before)}"
            at[turn.question] = place


def a_text_that_begins_anew_says_so(own: Books) -> Iterator[str]:
    """Who has read a part of a text that is gone is told that another one begins."""
    runs: dict[str, set[int]] = defaultdict(set)
    for _, bubble in own.bubbles():
        for paragraph in bubble.paragraphs:
            before = runs[paragraph.question] - {paragraph.run}
            is_first = paragraph.run not in runs[paragraph.question]
            runs[paragraph.question].add(paragraph.run)
            if before and is_first and not (bubble.sentences & _ANEW or bubble.is_again):
                yield f"{paragraph.question} began anew and did not say so"


PUSHED_RULES: tuple[Callable[[Books], Iterator[str]], ...] = (
    no_message_is_beyond_the_quota,
    what_was_sent_has_come,
    what_is_sent_comes_in_order,
    a_text_that_begins_anew_says_so,
)


def _pushed_offers(own: Books) -> defaultdict[str, list[OfferRow]]:
    found: defaultdict[str, list[OfferRow]] = defaultdict(list)
    for offer in own.evidence.offers:
        if offer.push_id is None:
            found[own.turns[offer.turn_id].openid].append(offer)
    return found


def _acts(own: Books) -> dict[str, list[Exchange]]:
    """What each follower sent, in order."""
    found: defaultdict[str, list[Exchange]] = defaultdict(list)
    for each in sorted(own.evidence.exchanges, key=lambda each: each.acted_at_s):
        found[each.openid].append(each)
    return found


def _granted_s(own: Books, acts: list[Exchange]) -> list[float]:
    """When the gateway learnt of each action that opened a quota; of others, never.

    None of its attempts may have come through, or only when a later action was known; WeChat tells
    their order by whole seconds.
    """
    learnt = [own.pushes.get((act.openid, act.key)) for act in acts]
    learnt_s = [math.inf if push is None else push.first_seen_at for push in learnt]
    found: list[float] = []
    for place, (act, at_s) in enumerate(zip(acts, learnt_s, strict=True)):
        later = zip(acts[place + 1 :], learnt_s[place + 1 :], strict=True)
        is_late = any(
            known_s <= at_s and int(act.acted_at_s) < int(other.acted_at_s)
            for other, known_s in later
        )
        found.append(math.inf if is_late else at_s)
    return found


def _is_near(at_s: float, granted_s: list[float]) -> bool:
    return any(granted_at_s <= at_s < granted_at_s + _GRACE_S for granted_at_s in granted_s)


def _chosen_s(message: Message, chosen_s: list[float]) -> float:
    """When this message was chosen: one follower's messages are sent one after the other."""
    return max([at_s for at_s in chosen_s if at_s <= message.at_s], default=message.at_s)


def _windows(sent: list[Message], acts: list[Exchange]) -> list[list[Message]]:
    """The messages before the first action, and then behind each, up to the next."""
    bounds_s = [each.acted_at_s for each in acts]
    found: list[list[Message]] = [[] for _ in range(len(acts) + 1)]
    for each in sent:
        found[bisect_right(bounds_s, each.at_s)].append(each)
    return found


def _spans(times_s: list[float], bounds_s: list[float]) -> list[list[float]]:
    """The same of times."""
    ordered = sorted(bounds_s)
    found: list[list[float]] = [[] for _ in range(len(ordered) + 1)]
    for time_s in times_s:
        found[bisect_right(ordered, time_s)].append(time_s)
    return found


def _turns_with_a_late_reply(own: Books) -> set[int]:
    """Turns of which a reply took more than one attempt: it may come behind later parts.

    Or another one was given in its place, which said that nothing is certain.
    """
    late = {
        push.id
        for each in own.evidence.exchanges
        if each.is_failure_line or len(each.outcomes) > 1 or unkept(own, each)
        if (push := own.pushes.get((each.openid, each.key)))
    }
    return {offer.turn_id for offer in own.evidence.offers if offer.push_id in late}
