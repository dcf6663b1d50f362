#!/usr/bin/env bash
# Holds the gas of every opcode against the time that it takes in the runtime of a real node, and prints
# for each what it takes over what its gas buys, relative to plain instructions. Exit status 1 when
# something takes longer than its gas buys. docs/aivm.md says what the figures mean.
#
# Then the speed of matrix products outside of the runtime: native code without vectors, with those of
# every processor of this kind, and with all of this processor's.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

usage() {
	cat <<-USAGE
		usage: scripts/gas.sh [--node PATH] [--only TEXT] [--samples N] [--no-native]

		  --node PATH   the node; default: aci-node in cargo's release folder
		  --only TEXT   only the rows whose names have this text
		  --samples N   pairs of measurements of each row; default 5
		  --no-native   without the native speeds

	USAGE
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

arguments=()
native=yes
while [ $# -gt 0 ]; do
	case "$1" in
	--node)
		export ACI_NODE_BIN="${2:?--node needs a path}"
		shift 2
		;;
	--only | --samples)
		arguments+=("$1" "${2:?$1 needs a value}")
		shift 2
		;;
	--no-native)
		native=no
		shift
		;;
	--help)
		usage
		exit 0
		;;
	*)
		printf 'gas.sh: unknown argument %s\n' "$1" >&2
		usage >&2
		exit 2
		;;
	esac
done

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

[ -d tests/apps/node_modules ] ||
	npm ci --prefix tests/apps --ignore-scripts --no-audit --no-fund
status=0
node tests/apps/src/gas/main.js "${arguments[@]}" || status=$?

if [ "$native" = yes ]; then
	for kind in scalar:'-C no-vectorize-loops -C no-vectorize-slp' baseline: native:'-C target-cpu=native'; do
		printf '\nmultiplications a second natively, in millions: %s\n' "${kind%%:*}"
		RUSTFLAGS="${kind#*:}" cargo run --quiet --release --locked \
			--manifest-path aivm/speed/Cargo.toml --target-dir "$CARGO_TARGET_DIR/speed-${kind%%:*}"
	done
fi
exit "$status"
