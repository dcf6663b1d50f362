"""Waits until every node of a network has finalised so many blocks, and prints a line for each.

usage: watch.py ZOMBIE-JSON PROCESS BLOCKS SECONDS

ZOMBIE-JSON is the file in which zombienet describes a network once all nodes are up; PROCESS is the
id of zombie-cli. Fails where PROCESS ends, where the blocks have not come within SECONDS, and where
two nodes name different blocks at one final height.
"""

import json
import sys
import time
import urllib.request

# How long all nodes may take until they answer.
START_SECONDS = 600


def call(url, method, parameters=()):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)})
    request = urllib.request.Request(url, body.encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        answer = json.load(answer)
    if "error" in answer:
        sys.exit(f"{method}: {answer['error']}")
    return answer["result"]


def number(url, block=()):
    return int(call(url, "chain_getHeader", block)["number"], 16)


def finalised(url):
    return number(url, [call(url, "chain_getFinalizedHead")])


def alive(process):
    """Fails where the process has ended, also where its parent has not been told yet."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as text:
            state = text.read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        state = "X"
    if state in "XZ":
        sys.exit("zombie-cli has ended")


def nodes(description, process):
    """Names and RPC addresses of all nodes, once they are up."""
    start = time.monotonic()
    while time.monotonic() - start < START_SECONDS:
        alive(process)
        try:
            with open(description, encoding="utf-8") as text:
                listed = json.load(text)["relay"]["nodes"]
        except (FileNotFoundError, json.JSONDecodeError):
            listed = []
        if listed:
            return [(node["name"], node["ws_uri"].replace("ws://", "http://")) for node in listed]
        time.sleep(1)
    sys.exit(f"the nodes were not up within {START_SECONDS} s")


def answers(url):
    try:
        return call(url, "system_health") is not None
    except OSError:
        return False


def main():
    description, process, blocks, seconds = sys.argv[1], *map(int, sys.argv[2:])
    network = nodes(description, process)
    for name, url in network:
        while not answers(url):
            alive(process)
            time.sleep(1)
    print(f"{len(network)} nodes are up", flush=True)

    start = time.monotonic()
    reached = {}
    while len(reached) < len(network):
        alive(process)
        for name, url in network:
            if name not in reached and finalised(url) >= blocks:
                reached[name] = time.monotonic() - start
        if time.monotonic() - start > seconds:
            break
        time.sleep(0.5)

    failed = len(reached) < len(network)
    common = min(finalised(url) for _, url in network)
    hashes = set()
    for name, url in network:
        final, best = finalised(url), number(url)
        peers = call(url, "system_health")["peers"]
        block = call(url, "chain_getBlockHash", [common])
        hashes.add(block)
        when = f"{reached[name]:.1f} s" if name in reached else "not in time"
        print(
            f"{name}: block {blocks} final {when}; final {final}, best {best}, {peers} peers; "
            f"block {common} is {block}"
        )
    if len(hashes) > 1:
        sys.exit(f"nodes disagree on block {common}")
    if failed:
        sys.exit(f"not every node has finalised {blocks} blocks within {seconds} s")


main()
