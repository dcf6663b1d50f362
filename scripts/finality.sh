#!/usr/bin/env bash
# Measures how long real validators on this machine take to finalise a block that they have
# imported: the chain's own finality gadget, then GRANDPA. Takes a good ten minutes each. Options
# are those of the program aci-finality-benchmark (--help), and:
#
#   --no-build  skips the build
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

BUILD=yes ARGUMENTS=()
for argument in "$@"; do
	case "$argument" in
	--no-build) BUILD=no ;;
	*) ARGUMENTS+=("$argument") ;;
	esac
done

if [ "$BUILD" = yes ]; then
	env -u SKIP_WASM_BUILD cargo build --release --workspace --locked
fi

PROGRAM=$CARGO_TARGET_DIR/release/aci-finality-benchmark
if [ ! -x "$PROGRAM" ]; then
	printf 'finality.sh: %s is missing: leave --no-build away\n' "$PROGRAM" >&2
	exit 1
fi
ACI_NODE_BIN=${ACI_NODE_BIN:-$CARGO_TARGET_DIR/release/aci-node} \
	exec "$PROGRAM" ${ARGUMENTS[@]+"${ARGUMENTS[@]}"}
