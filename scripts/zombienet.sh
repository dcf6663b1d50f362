#!/usr/bin/env bash
# Starts a network of zombienet/ with zombie-cli on this machine, waits until every node has
# finalised so many blocks, prints a line for each node, and ends all that was started.
#
#   four | seven   which network, default four
#   --blocks N     how many blocks, default 20
#   --limit S      within how many seconds from when all nodes answer, default 300
#   --node PATH    the node program, default that of the release build
#   --keep         keeps the network's files and says where they are
#   --help         shows this
#
# zombie-cli is installed on its first use, which takes half an hour on two cores, with the
# dependencies of its own lock file into a folder of its own: ACI_ZOMBIE, or aci-zombie in the
# user's cache.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

ZOMBIE_VERSION=0.7.1
ACI_ZOMBIE="${ACI_ZOMBIE:-${XDG_CACHE_HOME:-$HOME/.cache}/aci-zombie}"

usage() {
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

fail() {
	printf 'zombienet.sh: %s\n' "$*" >&2
	exit 1
}

NETWORK=four BLOCKS=20 LIMIT=300 KEEP=no NODE=$CARGO_TARGET_DIR/release/aci-node
while [ $# -gt 0 ]; do
	case "$1" in
	four | seven) NETWORK=$1 ;;
	--blocks)
		BLOCKS=${2:?--blocks needs a number}
		shift
		;;
	--limit)
		LIMIT=${2:?--limit needs a number of seconds}
		shift
		;;
	--node)
		NODE=${2:?--node needs a path}
		shift
		;;
	--keep) KEEP=yes ;;
	--help)
		usage
		exit 0
		;;
	*)
		printf 'zombienet.sh: unknown argument %s; --help shows the known ones\n' "$1" >&2
		exit 2
		;;
	esac
	shift
done
[ -x "$NODE" ] || fail "$NODE is missing: build it with cargo build --release -p aci-node"

if [ "$("$ACI_ZOMBIE/bin/zombie-cli" --version 2>/dev/null)" != "zombie-cli $ZOMBIE_VERSION" ]; then
	CARGO_TARGET_DIR=$ACI_ZOMBIE/target cargo install zombie-cli --version "$ZOMBIE_VERSION" \
		--root "$ACI_ZOMBIE" --locked
fi

STATE=$(mktemp -d "${TMPDIR:-/tmp}/aci-zombienet.XXXXXX")
GROUP=''

# Ends the process group that was started, zombie-cli and its nodes, and nothing else.
finish() {
	local status=$? waited=0
	trap - EXIT INT TERM
	if [ -n "$GROUP" ]; then
		kill -TERM -- "-$GROUP" 2>/dev/null || true
		while kill -0 -- "-$GROUP" 2>/dev/null; do
			if [ "$waited" -ge 40 ]; then kill -KILL -- "-$GROUP" 2>/dev/null || true; fi
			waited=$((waited + 1))
			sleep 0.25
		done
		wait "$GROUP" 2>/dev/null || true
	fi
	if [ "$status" -eq 0 ] && [ "$KEEP" = no ]; then
		rm -rf "$STATE"
	else
		printf 'The logs are in %s\n' "$STATE" >&2
	fi
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# A copy, so that a build in the meantime does not change what runs.
mkdir "$STATE/bin"
cp "$NODE" "$STATE/bin/aci-node"

PATH=$STATE/bin:$PATH setsid "$ACI_ZOMBIE/bin/zombie-cli" spawn --provider native \
	--dir "$STATE/network" --spawn-concurrency 1 "zombienet/$NETWORK.toml" \
	>"$STATE/zombie-cli.log" 2>&1 &
GROUP=$!

python3 "$SCRIPTS/zombienet/watch.py" "$STATE/network/zombie.json" "$GROUP" "$BLOCKS" "$LIMIT" || {
	tail -n 20 "$STATE/zombie-cli.log" >&2
	fail "the network did not finalise $BLOCKS blocks; zombie-cli's last lines are above"
}
