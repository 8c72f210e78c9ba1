import pytest

from yingda.engine.pushing.grants import grant_of
from yingda.simulator import pushes
from yingda.simulator.pushes import Sent
from yingda.wechat.messages import decode


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (pushes.text("问"), (5, 172_800.0)),
        (pushes.image(), (5, 172_800.0)),
        (pushes.sticker(), (5, 172_800.0)),
        (pushes.click("k"), (3, 60.0)),
        (pushes.event("scancode_push", ("EventKey", "k")), (3, 60.0)),
        (pushes.event("scancode_waitmsg", ("EventKey", "k")), (3, 60.0)),
        (pushes.subscribe(), (3, 60.0)),
        (pushes.subscribe("s"), (3, 60.0)),
        (pushes.scan("s"), (3, 60.0)),
        (pushes.view("https://e.com"), None),
        (pushes.unsubscribe(), None),
        (pushes.event("LOCATION"), None),
        (pushes.event("never_heard_of"), None),
    ],
)
def test_every_action_opens_what_the_official_table_says(
    sent: Sent, expected: tuple[int, float] | None
) -> None:
    push = pushes.build(sent, account_id="gh", openid="o_ann", created_at_s=1, message_id=1)
    grant = grant_of("shop", decode(push), 100.0)
    found = None if grant is None else (grant.count, grant.until - 100.0)
    assert found == expected
