"""Balances of all accounts that a job's money passes through, read from a running node.

usage: balances.py RPC-URL snapshot          prints JSON
       balances.py RPC-URL compare FILE      prints a table of FILE's snapshot and the present

`compare` fails when the changes of all accounts and of the issuance do not add up to the unit.
"""

import hashlib
import json
import sys

from rpc import call

# Storage keys of the Balances' total issuance and of the System's accounts (twox128 of the names).
TOTAL_ISSUANCE = "0xc2261276cc9d1f8598ea4b6a74b15c2f57c875e4cff74148e4628f264b974c80"
ACCOUNTS = "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"

ALICE = bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")
BOB = bytes.fromhex("8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48")


def derived(pallet, sub=b""):
    """The account of a pallet, or one of those derived from it."""
    return (b"modl" + pallet + sub).ljust(32, b"\0")[:32]


def accounts():
    escrow = b"aci/escr"
    return {
        "client (alice)": ALICE,
        "worker (bob)": BOB,
        "validators' pool": derived(escrow, b"pot\0"),
        "verifiers' pool": derived(escrow, b"pot\1"),
        "fund of class cpu": derived(escrow, b"pot\2" + (0).to_bytes(2, "little")),
        "escrow": derived(escrow),
        "treasury (fees)": derived(b"aci/trsy"),
    }


def storage(url, key, block):
    value = call(url, "state_getStorage", [key, block])
    return bytes.fromhex(value[2:]) if value else b""


def balance(url, account, block):
    """Free and held balance of an account in planck."""
    key = ACCOUNTS + hashlib.blake2b(account, digest_size=16).hexdigest() + account.hex()
    value = storage(url, key, block)
    if not value:
        return 0
    # Four counters of four bytes, then the free and the reserved balance.
    free, reserved = value[16:32], value[32:48]
    return int.from_bytes(free, "little") + int.from_bytes(reserved, "little")


def snapshot(url):
    block = call(url, "chain_getBlockHash", [])
    found = {name: balance(url, account, block) for name, account in accounts().items()}
    issuance = int.from_bytes(storage(url, TOTAL_ISSUANCE, block), "little")
    return {"accounts": found, "issuance": issuance}


def aci(planck):
    sign = "-" if planck < 0 else ""
    return f"{sign}{abs(planck) // 10**12}.{abs(planck) % 10**12:012}"


def compare(before, after):
    rows = [("account", "before / ACI", "after / ACI", "change / ACI")]
    total = 0
    for name, had in before["accounts"].items():
        has = after["accounts"][name]
        total += has - had
        rows.append((name, aci(had), aci(has), aci(has - had)))
    burned = before["issuance"] - after["issuance"]
    rows.append(("all of these", "", "", aci(total)))
    rows.append(("burned", "", "", aci(burned)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  " + row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in (1, 2, 3)))
    if total + burned != 0:
        sys.exit(f"the changes and the burn do not add up: {total + burned} planck are unexplained")
    print("  The changes and the burn add up to zero, to the planck.")


def main():
    match sys.argv[1:]:
        case [url, "snapshot"]:
            print(json.dumps(snapshot(url)))
        case [url, "compare", file]:
            with open(file, encoding="utf-8") as text:
                compare(json.load(text), snapshot(url))
        case _:
            sys.exit(__doc__)


main()
