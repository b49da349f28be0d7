"""The methods about who is there: auth, users, usergroups, team, bots, and the app's own connection."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.call import Call, Method
from bot.sandbox.errors import SlackError
from bot.sandbox.people import Person
from bot.sandbox.shapes import group_json, person_json


def api_test(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/api.test."""
    if error := call.text("error"):
        raise SlackError(error, args=dict(call.arguments))
    return {"args": dict(call.arguments)}


def auth_test(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/auth.test."""
    seed = call.workspace.seed
    return {
        "url": f"{call.slack.url}/",
        "team": seed.team_name,
        "team_id": seed.team_id,
        "user": call.workspace.bot.name,
        "user_id": call.workspace.bot.id,
        "bot_id": seed.installation.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/apps.connections.open."""
    return {"url": call.slack.open_link()}


def _person(call: Call, person: Person) -> dict[str, Any]:
    return person_json(call.workspace, person, email="users:read.email" in call.scopes)


def user_info(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/users.info."""
    return {"user": _person(call, call.workspace.person(call.need("user")))}


def users(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/users.list."""
    people, following = call.page(tuple(call.workspace.people.values()))
    return {"members": [_person(call, each) for each in people], "response_metadata": following}


def user_by_email(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/users.lookupByEmail: only people who are not deactivated."""
    email = call.need("email").lower()
    for person in call.workspace.people.values():
        if person.email.lower() == email and not person.deleted:
            return {"user": _person(call, person)}
    raise SlackError("users_not_found")


def groups(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/usergroups.list."""
    with_people = call.flag("include_users")
    everything = call.workspace.groups.values()
    return {"usergroups": [group_json(call.workspace, each, with_people=with_people) for each in everything]}


def group_users(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/usergroups.users.list."""
    group = call.workspace.groups.get(call.need("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.members)}


def team(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/team.info."""
    seed = call.workspace.seed
    return {"team": {"id": seed.team_id, "name": seed.team_name, "domain": seed.team_domain, "email_domain": ""}}


def bot(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/bots.info."""
    installation = call.workspace.seed.installation
    if (call.text("bot") or installation.bot_id) != installation.bot_id:
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": installation.bot_id,
            "deleted": False,
            "name": installation.bot.real_name,
            "updated": 0,
            "app_id": installation.app_id,
            "user_id": installation.bot.id,
            "icons": {},
        }
    }


METHODS: Mapping[str, Method] = {
    "api.test": Method(api_test),
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(open_connection, ("connections:write",), app_token=True),
    "users.info": Method(user_info, ("users:read",)),
    "users.list": Method(users, ("users:read",)),
    "users.lookupByEmail": Method(user_by_email, ("users:read.email",)),
    "usergroups.list": Method(groups, ("usergroups:read",)),
    "usergroups.users.list": Method(group_users, ("usergroups:read",)),
    "team.info": Method(team, ("team:read",)),
    "bots.info": Method(bot, ("users:read",)),
}
