#!/usr/bin/env bash
# Searches the properties of the market's mathematics with a million random cases each, and runs
# its other tests, in the release profile. The number of cases can be given instead.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

usage() {
	printf 'usage: scripts/search.sh [CASES]\n\n'
	sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

case "${1:-}" in
--help)
	usage
	exit 0
	;;
*[!0-9]*)
	usage >&2
	exit 2
	;;
esac

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

cases=${1:-1000000}
start=$SECONDS
PROPTEST_CASES=$cases cargo test --release --locked -p aci-market
printf '== %s cases of each property: %s s\n' "$cases" "$((SECONDS - start))"
