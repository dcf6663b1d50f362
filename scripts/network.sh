#!/usr/bin/env bash
# Starts a network of four or seven validators on this machine, the ones of zombienet/, and shows
# what each has made and finalised until Ctrl-C, which ends all that was started.
#
#   --validators N  4 (default) or 7
#   --grandpa       four validators that finalise by GRANDPA, for comparison
#   --blocks N      ends when all have finalised block N, the same one
#   --port PORT     where the first node's RPC answers, default 9944; the others take the next ones
#   --no-build      skips the build
#   --help          shows this
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

usage() {
	sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

VALIDATORS=4 GRANDPA=no BLOCKS=0 PORT=9944 BUILD=yes
while [ $# -gt 0 ]; do
	case "$1" in
	--validators | --blocks | --port)
		case "${2:-}" in
		'' | *[!0-9]*)
			printf 'network.sh: %s needs a number\n' "$1" >&2
			exit 2
			;;
		esac
		case "$1" in
		--validators) VALIDATORS=$2 ;;
		--blocks) BLOCKS=$2 ;;
		--port) PORT=$2 ;;
		esac
		shift
		;;
	--grandpa) GRANDPA=yes ;;
	--no-build) BUILD=no ;;
	--help)
		usage
		exit 0
		;;
	*)
		printf 'network.sh: unknown argument %s; --help shows the known ones\n' "$1" >&2
		exit 2
		;;
	esac
	shift
done

# The keys that each chain's genesis gives its validators.
case "$VALIDATORS $GRANDPA" in
"4 no") CHAIN=local ;;
"4 yes") CHAIN=local-grandpa ;;
"7 no") CHAIN=local-seven ;;
*)
	printf 'network.sh: there are networks of 4 validators, with or without --grandpa, and of 7\n' >&2
	exit 2
	;;
esac
NAMES=(alice bob charlie dave eve ferdie one)

# shellcheck source=scripts/run/processes.sh
. "$SCRIPTS/run/processes.sh"
# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

if [ "$BUILD" = yes ]; then
	env -u SKIP_WASM_BUILD cargo build --release --workspace --locked
fi
NODE=$CARGO_TARGET_DIR/release/aci-node
[ -x "$NODE" ] || fail "$NODE is missing: leave --no-build away"

state_folder
URLS=() BOOTNODE=()

# The identity of the first node, from its log.
identity() {
	sed -n 's/.*Local node identity is: \([A-Za-z0-9]*\).*/\1/p' "$STATE/alice.log" | head -n 1
}
listening() {
	grep -q 'Running JSON-RPC server' "$STATE/$1.log"
}

for ((index = 0; index < VALIDATORS; index++)); do
	name=${NAMES[index]} rpc=$((PORT + index))
	free_port "$rpc"
	start "$name" "$NODE" --chain "$CHAIN" "--$name" --base-path "$STATE/$name" \
		--rpc-port "$rpc" --listen-addr "/ip4/127.0.0.1/tcp/$((PORT + 100 + index))" \
		--unsafe-force-node-key-generation --runtime-cache "$STATE/runtime-cache" \
		--no-prometheus --no-telemetry --no-mdns --allow-private-ip ${BOOTNODE[@]+"${BOOTNODE[@]}"}
	wait_for 90 "$name" listening "$name"
	if [ "$index" -eq 0 ]; then
		BOOTNODE=(--bootnodes "/ip4/127.0.0.1/tcp/$((PORT + 100))/p2p/$(identity)")
	fi
	URLS+=("http://127.0.0.1:$rpc")
done

printf 'polkadot.js apps: https://polkadot.js.org/apps/?rpc=ws://127.0.0.1:%s; logs: %s\n' "$PORT" "$STATE"
python3 "$SCRIPTS/run/follow.py" "$BLOCKS" "${URLS[@]}"
