#!/usr/bin/env bash
# Measures the fast path: matches a second through one validator's code on one core, and how that
# grows with workers, clients and validators. Prints a table; a run takes about two minutes. Nothing
# else should run meanwhile, as the times are those of the wall clock.
#
# With the word `placements`: how long orders take at 100 simulated validators in stated placements.
# That takes about ten minutes.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"
# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

if [ "${1:-}" = placements ]; then
	cargo build --release --locked --quiet -p aci-simulator
	echo "| placement | down | signs two chains | orders/s | orders | quorum round trip | Promised | Acked | Final | not Final |"
	echo "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
	for row in "europe" "europe --down 33" "europe --surge 10" "europe --equivocator" "atlantic" \
		"atlantic --surge 10" "world" "world --down 33"; do
		# A row in which not all orders are Final is printed too.
		# shellcheck disable=SC2086 # several words
		"$CARGO_TARGET_DIR/release/aci-simulator" fastpath --time 600 --placement $row 2>/dev/null || true
	done
	exit
fi

cargo build --release --locked --quiet -p aci-fastpath --example throughput --features batch
program="$CARGO_TARGET_DIR/release/examples/throughput"

echo "| orders | workers | clients | authors | orders a vertex | signatures / µs | own lane / µs | DAG / µs | checkpoint / µs | matches/s |"
echo "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
# Orders, workers, clients, authors: one of them ten times as large in each row after the first.
for row in "40000 500 250 4" "40000 5000 250 4" "40000 500 2500 4" "40000 500 250 40" \
	"160000 500 250 4" "40000 5000 2500 40"; do
	# shellcheck disable=SC2086 # four words
	"$program" $row | tail -n 1
done
