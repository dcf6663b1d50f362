#!/usr/bin/env bash
# The checks that are not tests: clippy, licences and bans of dependencies, shell scripts, and the
# documentation of the pure crates. All parts run; the exit status is 1 if any of them failed.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

CARGO_DENY_VERSION=0.20.2

usage() {
	cat <<-USAGE
		usage: scripts/lint.sh [--strict] [--help]

		Runs clippy over the workspace with warnings as errors, cargo-deny over the
		dependencies, shellcheck over the scripts, and rustdoc over the pure crates.

		  --strict  fail where cargo-deny or shellcheck is not installed, instead of saying so
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

documentation() {
	local manifest options=()
	for manifest in primitives/*/Cargo.toml; do
		options+=(-p "$(sed -n 's/^name = "\(.*\)"/\1/p' "$manifest" | head -n 1)")
	done
	RUSTDOCFLAGS=-Dwarnings SKIP_WASM_BUILD=1 \
		cargo doc --release --no-deps --locked "${options[@]}"
}

part "clippy" clippy
part "dependencies" dependencies
part "shell scripts" shell_scripts
part "documentation" documentation

if [ "${#FAILED[@]}" -gt 0 ]; then
	printf '== failed: %s\n' "$(printf '%s, ' "${FAILED[@]}" | sed 's/, $//')"
	exit 1
fi
printf '== no check failed\n'
