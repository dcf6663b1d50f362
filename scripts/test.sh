#!/usr/bin/env bash
# Runs every test of the project, as CI does: prepares the machine if anything is missing, checks
# the formatting, builds the workspace once in the release profile and runs its tests, then starts
# the network of seven validators until it has finalised blocks, and runs the model of the finality
# gadget's rules, which is a package of its own, and the tests of the JavaScript applications. The
# first part that fails ends the run, and its exit status is the script's.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

case "${1:-}" in
"") ;;
--help)
	printf 'usage: scripts/test.sh\n\n'
	sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
	exit 0
	;;
*)
	printf 'test.sh: unknown argument %s, it takes none but --help\n' "$1" >&2
	exit 2
	;;
esac

APPLICATION_TESTS=tests/apps

# part NAME COMMAND...: runs one part with its output shown, and prints how long it took.
part() {
	local name=$1 start=$SECONDS
	shift
	printf '== %s\n' "$name"
	"$@"
	printf '== %s: %s s\n' "$name" "$((SECONDS - start))"
}

set_up() {
	local options=()
	if [ ! -d "$APPLICATION_TESTS" ]; then options+=(--no-node); fi
	"$SCRIPTS/setup.sh" --check "${options[@]}" || "$SCRIPTS/setup.sh" "${options[@]}"
}

workspace_tests() {
	if cargo nextest --version >/dev/null 2>&1; then
		cargo nextest run --release --workspace --locked --no-fail-fast
	else
		cargo test --release --workspace --locked --no-fail-fast
	fi
}

MODEL=node/simulator/model/Cargo.toml

formatting() {
	cargo fmt --all --check
	cargo fmt --manifest-path "$MODEL" --check
}

finality_model() {
	CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/model" \
		cargo test --release --locked --manifest-path "$MODEL"
}

application_tests() {
	cd "$APPLICATION_TESTS"
	npm ci --ignore-scripts --no-audit --no-fund
	npm test
}

part "set-up" set_up

# After the set-up, as what it made decides which toolchain compiles the runtime.
# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

# Tests start nodes, which run the runtime's WebAssembly: a build without it would fail them.
unset SKIP_WASM_BUILD

part "formatting" formatting
part "workspace tests" workspace_tests
# Away from the ports that a developer's own node has.
part "network of seven" "$SCRIPTS/network.sh" --no-build --validators 7 --blocks 4 --port 19944
part "model of finality" finality_model
if [ -d "$APPLICATION_TESTS" ]; then
	part "application tests" application_tests
fi
printf '== all parts passed: %s s\n' "$SECONDS"
