"""Calls a node's JSON-RPC."""

import json
import urllib.request


class Refused(Exception):
    """The node answered with an error."""


def call(url, method, parameters):
    """The result of a method; `OSError` where the node does not answer."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
    request = urllib.request.Request(url, body.encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        answer = json.load(answer)
    if "error" in answer:
        raise Refused(f"{method}: {answer['error']}")
    return answer["result"]
