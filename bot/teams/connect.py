"""Connects to Teams: the credentials, the ingress, and the surface."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, Literal

import aiohttp
from aiohttp import web

from bot.flow.desk import Desk
from bot.flow.pace import Pace
from bot.flow.seals import Seals
from bot.flow.surface import SurfaceBusy, SurfaceError
from bot.teams import limits
from bot.teams.connector import Connector
from bot.teams.conversations import Conversations
from bot.teams.credentials import Credentials, NoCredentials, Tokens, with_identity, with_secret
from bot.teams.directory import Directory
from bot.teams.errors import LockedOut
from bot.teams.ingress import PATH, Check, Messages
from bot.teams.keys import KeyRing
from bot.teams.listeners import Counter
from bot.teams.surface import TeamsSurface
from bot.teams.token import LocalCheck, TokenCheck, is_loopback, is_service
from bot.teams.turns import Turns
from storage.store import Store

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
AppType = Literal["SingleTenant", "UserAssignedMSI"]

CLIENT_SECONDS: Final = 5
DRAIN_SECONDS: Final = 10.0


class TeamsConnection:
    """One app in Teams. Use: make it, hand `surface` to the flow, `listen` with the flow's desk, mount `messages` at
    `bot.teams.ingress.PATH`, `start`, in the end `stop`. Make it within a running event loop.

    `tenants` are those whose people may use it besides the app's own. `patience` is for how many seconds the desk may keep
    Teams waiting. With `local` nobody's identity is checked, and nobody but this machine is spoken to. `dialogs` is as in
    TeamsSurface.
    """

    def __init__(
        self,
        *,
        app_id: str,
        tenant: str,
        store: Store,
        password: str | None = None,
        app_type: AppType = "SingleTenant",
        tenants: Collection[str] = (),
        seals: Seals | None = None,
        local: bool = False,
        dialogs: bool = True,
        patience: float = limits.PATIENCE,
        metadata_url: str = limits.OPENID_METADATA,
        login_url: str = limits.LOGIN,
        imds_url: str = limits.IMDS,
        service_url: str = limits.SERVICE,
        allows: Callable[[str], bool] = is_service,
    ) -> None:
        """Raises SurfaceError if these settings cannot work."""
        if why := unusable(app_id, tenant, app_type, password, local):
            raise SurfaceError(why)
        patient = aiohttp.ClientTimeout(total=CLIENT_SECONDS)
        self._session = aiohttp.ClientSession(timeout=patient, trust_env=True)
        self._direct = aiohttp.ClientSession(timeout=patient)  # to the machine's own identity, never through a proxy
        everybody, self._pace = frozenset({tenant, *tenants}), Pace(patience)
        check: Check = LocalCheck(everybody)
        self._credentials: Credentials = NoCredentials()
        if not local:
            check = TokenCheck(app_id, everybody, KeyRing(metadata_url, self._session), allows)
            by_secret = with_secret(self._session, login_url, tenant, app_id, password or "")
            identity = app_type == "UserAssignedMSI"
            self._credentials = Tokens(with_identity(self._direct, app_id, imds_url) if identity else by_secret)
        self._ingress = Messages(check, self._pace)
        self.messages: Handler = self._ingress.handle
        connector = Connector(self._session, self._credentials, app_id, is_loopback if local else allows)
        conversations = Conversations(store, service_url)
        directory = Directory(connector, conversations, tenant)
        self.surface = TeamsSurface(connector, conversations, directory, seals, dialogs=dialogs)

    @property
    def endpoints(self) -> Mapping[str, Handler]:
        """What Teams sends to us, by path."""
        return {PATH: self.messages}

    def listen(self, desk: Desk) -> None:
        """Bring what people do to `desk`."""
        self._ingress.turns = Turns(Counter(desk, self.surface, self._pace))

    async def start(self) -> None:
        """Log in. Raises SurfaceError if Microsoft refuses; if it cannot be reached, that is tried again when needed."""
        try:
            await self._credentials.token()
        except LockedOut as error:
            raise SurfaceError(str(error)) from error
        except SurfaceBusy as error:
            log.warning("Signoff cannot log in to Teams yet: %s", error)

    async def stop(self) -> None:
        """Finish what is under way, then let go of every connection."""
        await self._pace.drain(DRAIN_SECONDS)
        await self._session.close()
        await self._direct.close()


def unusable(app_id: str, tenant: str, app_type: AppType, password: str | None, local: bool) -> str | None:
    """Why these settings cannot work."""
    if not tenant:
        return "Set SIGNOFF_TEAMS_TENANT to the id of your Microsoft 365 tenant."
    if local:
        return None
    if not app_id:
        return "Set SIGNOFF_TEAMS_APP_ID to the app's id: without one, anybody could pose as Teams."
    if app_type == "SingleTenant" and not password:
        return "Set SIGNOFF_TEAMS_APP_PASSWORD, or SIGNOFF_TEAMS_APP_TYPE=UserAssignedMSI without one."
    return None
