"""The README's example: any agent, with nothing but the standard library."""

import json
import os
import urllib.request
import uuid
from typing import Any


def signoff(method: str, path: str, body: Any = None, **headers: str) -> Any:
    headers["Authorization"] = f"Bearer {os.environ['SIGNOFF_TOKEN']}"
    data = None if body is None else json.dumps(body).encode()
    call = urllib.request.Request(f"{os.environ['SIGNOFF_URL']}/v1/requests{path}", data, headers, method=method)  # noqa: S310
    with urllib.request.urlopen(call) as answer:  # noqa: S310
        return json.load(answer)


refund = {"amount": "480.00", "currency": "USD", "charge": "ch_1", "reason": "duplicate"}
ask = {"agent": "refunder", "action": "execute_financial_action", "arguments": refund, "summary": "Refund the broken lamp"}
request = signoff("POST", "", ask, **{"Idempotency-Key": str(uuid.uuid4())})
while request["status"] == "pending":
    request = signoff("GET", f"/{request['id']}/wait")  # answers when people decide, at the latest after 25 s
if request["status"] == "approved":
    grant = signoff("POST", f"/{request['id']}/grant")
    print("Now refund", grant["arguments"])  # exactly these, which people may have edited; grant["id"] as idempotency key
    request = signoff("POST", f"/{request['id']}/outcome", {"grant": grant["grant"], "status": "succeeded"})
print(request["status"])
