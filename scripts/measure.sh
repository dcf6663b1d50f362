# shellcheck shell=bash
# Starts a program that measures, after building it. To be sourced; then
#
#   measure PROGRAM ARGUMENT...
#
# builds the workspace unless an argument is --no-build, and ends as the program ends, which has the
# other arguments. Expects SCRIPTS to name the folder of this file.

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

measure() {
	local program=$CARGO_TARGET_DIR/release/$1 build=yes arguments=() argument
	shift
	for argument in "$@"; do
		case "$argument" in
		--no-build) build=no ;;
		*) arguments+=("$argument") ;;
		esac
	done

	if [ "$build" = yes ]; then
		# The whole workspace: another choice of crates would build the shared ones again. The
		# program runs the runtime's WebAssembly, so that must be built too.
		env -u SKIP_WASM_BUILD cargo build --release --workspace --locked
	fi
	if [ ! -x "$program" ]; then
		printf '%s: %s is missing: leave --no-build away\n' "${0##*/}" "$program" >&2
		exit 1
	fi
	exec "$program" ${arguments[@]+"${arguments[@]}"}
}
