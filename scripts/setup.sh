#!/usr/bin/env bash
# Prepares a machine for building, testing and running ACI. See --help.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPOSITORY=$(dirname "$SCRIPTS")

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"
# shellcheck source=scripts/setup/common.sh
. "$SCRIPTS/setup/common.sh"
# shellcheck source=scripts/setup/packages.sh
. "$SCRIPTS/setup/packages.sh"
# shellcheck source=scripts/setup/rust.sh
. "$SCRIPTS/setup/rust.sh"
# shellcheck source=scripts/setup/models.sh
. "$SCRIPTS/setup/models.sh"

usage() {
	cat <<-USAGE
		usage: scripts/setup.sh [--check] [--no-models] [--no-node] [--help]

		Prepares a Debian 12 machine that has rustup for building, testing and running ACI:
		Debian packages, Node.js for the application tests, a compiler for the runtime's
		wasm32v1-none target, and two small models. It may be run again at any time: what is
		there is left alone. One line per item says what was found or done.

		  --check      change nothing; exit with status 1 if anything is missing
		  --no-models  leave out the models
		  --no-node    leave out Node.js
		  --help       show this text

		Where root is needed it is used directly or by a sudo that asks for no password;
		otherwise the command to run is printed, and the exit status is 1.

		The models go to $ACI_MODELS (ACI_MODELS changes that).
	USAGE
}

with_models=yes
with_node=yes
for argument in "$@"; do
	case "$argument" in
	--check) CHECK_ONLY=yes ;;
	--no-models) with_models=no ;;
	--no-node) with_node=no ;;
	--help)
		usage
		exit 0
		;;
	*)
		printf 'setup.sh: unknown argument %s\n' "$argument" >&2
		usage >&2
		exit 2
		;;
	esac
done

setup_build_programs
setup_rust
setup_wasm
if [ "$with_node" = yes ]; then setup_node; fi
if [ "$with_models" = yes ]; then setup_models; fi

if [ "$MISSING" -gt 0 ]; then
	if checking; then
		printf 'setup: %s missing\n' "$MISSING"
	else
		printf 'setup: %s still missing, see above\n' "$MISSING"
	fi
	exit 1
fi
printf 'setup: complete\n'
