"""The URLs Slack hands out: response URLs, and where files are uploaded to and read from."""

import json
from collections.abc import Mapping

from aiohttp import web

from bot.sandbox.acknowledgement import Acknowledgements
from bot.sandbox.call import Slack
from bot.sandbox.errors import SlackError


class Doors:
    """Serves the secret URLs."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._acknowledgements = Acknowledgements(slack)

    def routes(self) -> list[web.RouteDef]:
        """The routes of the URLs."""
        return [
            web.post("/sandbox/respond/{secret}", self._respond),
            web.post("/sandbox/upload/{file}", self._upload),
            web.get("/sandbox/files/{file}", self._download),
        ]

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            url = self._slack.response_urls.redeem(request.match_info["secret"])
        except SlackError as refusal:
            return web.json_response(refusal.body(), status=404)
        try:
            self._acknowledgements.of_response_url(url, _object(await request.text()))
        except SlackError as refusal:
            return web.json_response(refusal.body(), status=400)
        return web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.Response:
        content = await request.read()
        try:
            file = self._slack.files.receive(request.match_info["file"], content)
        except SlackError as refusal:
            return web.json_response(refusal.body(), status=404)
        return web.Response(text=f"OK - {file.size}")

    async def _download(self, request: web.Request) -> web.Response:
        try:
            file = self._slack.files.get(request.match_info["file"])
        except SlackError as refusal:
            return web.json_response(refusal.body(), status=404)
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=file.content or b"", content_type="application/octet-stream", headers=headers)


def _object(text: str) -> Mapping[str, object]:
    try:
        body = json.loads(text)
    except ValueError as failure:
        raise SlackError("invalid_payload") from failure
    if not isinstance(body, dict):
        raise SlackError("invalid_payload")
    return body
