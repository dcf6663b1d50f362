#!/usr/bin/env bash
# Builds the program and measures how many jobs the chain settles in a second. What it prints is
# explained in node/benchmark/README.md. Arguments go to the program; --help shows them.
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
	# The whole workspace: another choice of crates would build the shared ones again. The program
	# runs the runtime's WebAssembly, so that must be built too.
	env -u SKIP_WASM_BUILD cargo build --release --workspace --locked
fi

PROGRAM=$CARGO_TARGET_DIR/release/aci-benchmark
if [ ! -x "$PROGRAM" ]; then
	printf 'benchmark.sh: %s is missing: leave --no-build away\n' "$PROGRAM" >&2
	exit 1
fi
exec "$PROGRAM" ${ARGUMENTS[@]+"${ARGUMENTS[@]}"}
