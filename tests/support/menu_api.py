"""The simulated server API behind the real client, for what accounts do besides answering."""

from collections.abc import Callable, Mapping

from yingda.clock import Clock, SystemClock
from yingda.simulator.followers import Followers
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import (
    SAMPLE_APP_ID,
    SAMPLE_SECRET,
    AccountKind,
    ApiAccount,
    Fault,
)
from yingda.simulator.server_api_transport import InProcessApi
from yingda.wechat.api import WechatApi
from yingda.wechat.api_base import TokenVault
from yingda.wechat.api_token import Credentials

CREATE, GET = "/cgi-bin/menu/create", "/cgi-bin/menu/get"
UPLOAD = "/cgi-bin/media/upload"


class MenuApi:
    """One account's server API, and a way to it that can be cut."""

    def __init__(self, clock: Clock | None = None) -> None:
        clock = clock or SystemClock()
        self.server = ServerApi(Followers(clock), clock)
        self.transport = InProcessApi(self.server, clock)

    @property
    def menu(self) -> Mapping[str, object] | None:
        """The menu that the platform shows."""
        return self.server.menu

    def become(self, kind: AccountKind) -> None:
        """Have the rights of this kind of account."""
        self.server.account = ApiAccount(kind=kind)

    def refuse(self, code: int) -> None:
        """Answer the next question for the menu with this errcode."""
        self.server.script(Fault(code=code, path=GET))

    def client(self, vault: TokenVault, clock: Clock) -> WechatApi:
        """The real client in front of it."""
        return WechatApi(Credentials(SAMPLE_APP_ID, SAMPLE_SECRET), self.transport, vault, clock)

    def connect(self) -> Callable[[object, TokenVault, Clock], WechatApi]:
        """What makes a client for whatever account."""
        return lambda _settings, vault, clock: self.client(vault, clock)
