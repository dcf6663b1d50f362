"""Follows the blocks of a network's nodes.

usage: follow.py BLOCKS RPC-URL...

Prints each node's best and last final block whenever one of them has a new final block. Ends when
all have finalised block BLOCKS, and fails where they do not hold the same one, or where none
finalises anything for two minutes. With BLOCKS 0 it goes on until it is ended.
"""

import sys
import time

from rpc import Refused, call

PATIENCE = 120


def height(url, hash_of_block=None):
    header = call(url, "chain_getHeader", [hash_of_block] if hash_of_block else [])
    return int(header["number"], 16)


def heights(url):
    """Best and final; `None` where the node does not answer."""
    try:
        return height(url), height(url, call(url, "chain_getFinalizedHead", []))
    except (OSError, Refused):
        return None


def row(cells):
    print("  ".join(f"{cell:>13}" for cell in cells), flush=True)


def main(blocks, urls):
    row(["best/final"] + [f"node {index}" for index in range(len(urls))])
    shown, changed = None, time.monotonic()
    while True:
        now = [heights(url) for url in urls]
        final = [node and node[1] for node in now]
        if final != shown:
            row([time.strftime("%H:%M:%S")] + ["%d/%d" % node if node else "-" for node in now])
            shown, changed = final, time.monotonic()
        if blocks and all(number is not None and number >= blocks for number in final):
            break
        if time.monotonic() - changed > PATIENCE:
            sys.exit(f"no node finalised anything for {PATIENCE} s")
        time.sleep(1)
    hashes = {call(url, "chain_getBlockHash", [blocks]) for url in urls}
    if len(hashes) != 1:
        sys.exit(f"the nodes finalised different blocks of height {blocks}: {sorted(hashes)}")
    print(f"all {len(urls)} nodes finalised block {blocks}, {hashes.pop()}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(int(sys.argv[1]), sys.argv[2:])
    except (OSError, Refused) as error:
        sys.exit(f"a node does not answer any more: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
