#!/usr/bin/env bash
# Plays 100,000 seeds of the finality gadget's simulation, or with the first word `fastpath` of the
# fast path's, and prints what came of them; fails where one of them did. node/simulator/README.md
# explains the tables. Further arguments go to the program in place of these; --help shows them.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"
# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

core=finality
if [ "${1:-}" = fastpath ]; then
	core=fastpath
	shift
fi
if [ "$#" -eq 0 ]; then
	set -- --seeds 0..100000 --nodes 4..7
fi
exec cargo run --release --locked --quiet -p aci-simulator -- "$core" "$@"
