"""What `signoff check` says of Teams: whether the app can log in, and whether what Teams sends could be verified."""

import aiohttp

from bot.flow.surface import SurfaceBusy
from bot.teams import limits
from bot.teams.connect import CLIENT_SECONDS, AppType, unusable
from bot.teams.credentials import with_identity, with_secret
from bot.teams.keys import KeyRing, KeysUnavailable

Said = tuple[bool, str, str]  # whether it is good, the setting, and a sentence

INSECURE = "SIGNOFF_TEAMS_INSECURE_LOCAL"


async def check(
    *,
    app_id: str,
    tenant: str,
    password: str | None,
    app_type: AppType,
    local: bool,
    login_url: str = limits.LOGIN,
    imds_url: str = limits.IMDS,
    metadata_url: str = limits.OPENID_METADATA,
) -> list[Said]:
    """One line for each thing, good or bad. Sends nothing to anybody."""
    if why := unusable(app_id, tenant, app_type, password, local):
        return [(False, "SIGNOFF_TEAMS_APP_ID", why)]
    if local:
        return [(True, INSECURE, "Teams is simulated on this machine: nobody's identity is checked.")]
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=CLIENT_SECONDS), trust_env=app_type == "SingleTenant"
    ) as session:
        if app_type == "UserAssignedMSI":
            fetch = with_identity(session, app_id, imds_url)
        else:
            fetch = with_secret(session, login_url, tenant, app_id, password or "")
        try:
            await fetch()
        except SurfaceBusy as error:
            login = (False, "SIGNOFF_TEAMS_APP_ID", str(error))
        else:
            login = (True, "SIGNOFF_TEAMS_APP_ID", "Microsoft lets the app log in.")
        return [login, await _keys(KeyRing(metadata_url, session))]


async def _keys(keys: KeyRing) -> Said:
    try:
        await keys.find("")
    except KeysUnavailable:
        return False, "SIGNOFF_TEAMS_APP_ID", "Microsoft's keys cannot be fetched, so nothing that Teams sends is taken."
    return True, "SIGNOFF_TEAMS_APP_ID", "What Teams sends can be verified. It has to reach POST /teams/messages over https."
