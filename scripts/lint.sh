#!/usr/bin/env bash
# The checks that are not tests: clippy, licences and bans of dependencies, shell scripts, the
# documentation of the pure crates, and that these build for the runtime's target, each alone. All
# parts run; the exit status is 1 if any of them failed.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

CARGO_DENY_VERSION=0.20.2

usage() {
	cat <<-USAGE
		usage: scripts/lint.sh [--strict] [--help]

		Runs clippy over the workspace and over the model of the finality gadget's rules, with
		warnings as errors, cargo-deny over the dependencies, shellcheck over the scripts, and
		rustdoc over the pure crates, and builds each of these alone for wasm32v1-none.

		  --strict  fail where cargo-deny, shellcheck or the target wasm32v1-none is not
		            installed, instead of saying so
		  --help    show this text
	USAGE
}

strict=no
for argument in "$@"; do
	case "$argument" in
	--strict) strict=yes ;;
	--help)
		usage
		exit 0
		;;
	*)
		printf 'lint.sh: unknown argument %s\n' "$argument" >&2
		usage >&2
		exit 2
		;;
	esac
done

FAILED=()
# The status of a part whose program is not installed.
NOT_CHECKED=77

# part NAME COMMAND...: runs one part with its output shown, and prints how it ended.
part() {
	local name=$1 start=$SECONDS outcome=passed status=0
	shift
	printf '== %s\n' "$name"
	"$@" || status=$?
	if [ "$status" -eq "$NOT_CHECKED" ]; then
		outcome="not checked"
	elif [ "$status" -ne 0 ]; then
		outcome=FAILED
		FAILED+=("$name")
	fi
	printf '== %s: %s, %s s\n' "$name" "$outcome" "$((SECONDS - start))"
}

# not_installed PROGRAM COMMAND: says how to install it; fails only under --strict.
not_installed() {
	printf '%s is not installed. Install it with:\n  %s\n' "$1" "$2"
	if [ "$strict" = yes ]; then return 1; fi
	return "$NOT_CHECKED"
}

# Shares the target folder with the tests. SKIP_WASM_BUILD is not set, as it would make the next
# build compile the runtime's WebAssembly again.
clippy() {
	cargo clippy --release --workspace --all-targets --locked -- -D warnings
}

# The package outside the workspace, with its own lock and a target folder of its own.
clippy_of_the_model() {
	CARGO_TARGET_DIR=$CARGO_TARGET_DIR/model cargo clippy --release --all-targets --locked \
		--manifest-path node/simulator/model/Cargo.toml -- -D warnings
}

dependencies() {
	if cargo deny --version >/dev/null 2>&1; then
		# Warnings are about how others spell their licence; what breaks a rule is an error.
		cargo deny --locked --log-level error check licenses bans sources
	else
		not_installed cargo-deny "cargo install cargo-deny --version $CARGO_DENY_VERSION --locked"
	fi
}

shell_scripts() {
	if ! command -v shellcheck >/dev/null 2>&1; then
		not_installed shellcheck "apt-get install shellcheck"
		return "$?"
	fi
	local files=()
	while IFS= read -r -d '' file; do
		if [ -f "$file" ]; then files+=("$file"); fi
	done < <(git ls-files -z --cached --others --exclude-standard -- '*.sh' .ci/run)
	if [ "${#files[@]}" -eq 0 ]; then
		printf 'no shell scripts found\n'
		return 1
	fi
	shellcheck --external-sources --source-path="$PWD" "${files[@]}"
}

# The names of the pure crates, one a line.
pure_crates() {
	local manifest
	for manifest in primitives/*/Cargo.toml; do
		sed -n 's/^name = "\(.*\)"/\1/p' "$manifest" | head -n 1
	done
}

documentation() {
	local crate options=()
	for crate in $(pure_crates); do options+=(-p "$crate"); done
	RUSTDOCFLAGS=-Dwarnings SKIP_WASM_BUILD=1 \
		cargo doc --release --no-deps --locked "${options[@]}"
}

# Each by itself: built together, one may get a feature that only another asks for. The compiler is
# the one that builds the runtime, so the target folder is another one.
without_std() {
	local crate toolchain=()
	if [ -n "${WASM_BUILD_TOOLCHAIN:-}" ]; then
		toolchain=("RUSTUP_TOOLCHAIN=$WASM_BUILD_TOOLCHAIN")
	elif ! aci_active_toolchain_has_wasm; then
		not_installed "the target wasm32v1-none" scripts/setup.sh
		return "$?"
	fi
	for crate in $(pure_crates); do
		printf '%s\n' "$crate"
		env ${toolchain[@]+"${toolchain[@]}"} CARGO_TARGET_DIR="$CARGO_TARGET_DIR/without-std" \
			cargo build --locked --target wasm32v1-none --no-default-features -p "$crate" || return
	done
}

part "clippy" clippy
part "clippy of the model" clippy_of_the_model
part "dependencies" dependencies
part "shell scripts" shell_scripts
part "documentation" documentation
part "pure crates without std" without_std

if [ "${#FAILED[@]}" -gt 0 ]; then
	printf '== failed: %s\n' "$(printf '%s, ' "${FAILED[@]}" | sed 's/, $//')"
	exit 1
fi
printf '== no check failed\n'
