#!/usr/bin/env bash
# Plays 100,000 seeds of the finality gadget's simulation and prints what came of them; fails where
# one of them did. node/simulator/README.md explains the table. Arguments go to the program, after
# the ones given here; --help shows them.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"
# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

if [ "$#" -eq 0 ]; then
	set -- --seeds 0..100000 --nodes 4..7 --views 200
fi
exec cargo run --release --locked --quiet -p aci-simulator -- finality "$@"
