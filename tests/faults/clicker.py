"""One client of the service: a process that sends what Slack would, as soon as it is told to.

Each line of its standard input is a JSON object with the `url`, the `body` and the signing `secret` of one request; each
line that it writes says when that was sent and answered, in seconds of the clock that all processes of a machine share.
It imports nothing of ours, so that eight of them start at once on two cores.
"""

import hashlib
import hmac
import http.client
import json
import sys
import time
from urllib.parse import urlsplit


def headers(secret: str, body: bytes) -> dict[str, str]:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    now = str(int(time.time()))
    digest = hmac.new(secret.encode(), b"v0:" + now.encode() + b":" + body, hashlib.sha256).hexdigest()
    signed = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={digest}"}
    return signed | {"Content-Type": "application/x-www-form-urlencoded"}


def main() -> None:
    """Send until the standard input ends, over one connection to each service."""
    connections: dict[str, http.client.HTTPConnection] = {}
    for line in sys.stdin:
        order = json.loads(line)
        address, body = urlsplit(order["url"]), order["body"].encode()
        connection = connections.setdefault(address.netloc, http.client.HTTPConnection(address.netloc, timeout=30))
        sent = time.monotonic()
        connection.request("POST", address.path, body, headers(order["secret"], body))
        answer = connection.getresponse()
        answer.read()
        print(json.dumps({"status": answer.status, "sent": sent, "answered": time.monotonic()}), flush=True)


if __name__ == "__main__":
    main()
