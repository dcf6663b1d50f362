#!/usr/bin/env bash
# Sets up, builds and starts an ACI chain with a worker on this machine, has a language model answer
# a prompt and a sentence embedded through it, and shows what was paid to whom. Then the network
# runs until Ctrl-C, which ends all that was started.
#
#   --once       ends after the payments have been shown
#   --verify     also compares three answers and an embedding with independent implementations
#   --no-setup   skips the set-up
#   --no-build   skips the build
#   --port PORT  where the node's RPC answers, default 9944
#   --help       shows this
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

usage() {
	sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

ONCE=no VERIFY=no SETUP=yes BUILD=yes PORT=9944
while [ $# -gt 0 ]; do
	case "$1" in
	--once) ONCE=yes ;;
	--verify) VERIFY=yes ;;
	--no-setup) SETUP=no ;;
	--no-build) BUILD=no ;;
	--port)
		PORT=${2:?--port needs a number}
		shift
		;;
	--help)
		usage
		exit 0
		;;
	*)
		printf 'run.sh: unknown argument %s; --help shows the known ones\n' "$1" >&2
		exit 2
		;;
	esac
	shift
done

say() {
	printf '\n== %s\n' "$*"
}

fail() {
	printf 'run.sh: %s\n' "$*" >&2
	exit 1
}

# Ends what was started, in the reverse order, and nothing else.
NODE_PID='' WORKER_PID='' STATE=''
finish() {
	local status=$?
	trap - EXIT INT TERM
	for pid in "$WORKER_PID" "$NODE_PID"; do
		if [ -n "$pid" ] && kill "$pid" 2>/dev/null; then
			wait "$pid" 2>/dev/null || true
		fi
	done
	if [ -n "$STATE" ]; then
		if [ "$status" -eq 0 ] || [ "$status" -eq 130 ]; then
			rm -rf "$STATE"
		else
			printf 'The logs are in %s\n' "$STATE" >&2
		fi
	fi
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# wait_for SECONDS PID LOG WHAT COMMAND...: until the command succeeds.
wait_for() {
	local limit=$1 pid=$2 log=$3 what=$4 start=$SECONDS
	shift 4
	until "$@" >/dev/null 2>&1; do
		if ! kill -0 "$pid" 2>/dev/null; then
			tail -n 20 "$log" >&2
			fail "$what ended; its last lines are above"
		fi
		if [ $((SECONDS - start)) -gt "$limit" ]; then
			tail -n 20 "$log" >&2
			fail "$what was not ready within $limit s; its last lines are above"
		fi
		sleep 0.5
	done
}

if [ "$SETUP" = yes ]; then
	say "Set-up"
	# Node.js is for tests alone.
	"$SCRIPTS/setup.sh" --check --no-node >/dev/null 2>&1 || "$SCRIPTS/setup.sh" --no-node
	printf 'Everything is there.\n'
fi
# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

if [ "$BUILD" = yes ]; then
	say "Build (the first time about half an hour on two cores)"
	env -u SKIP_WASM_BUILD cargo build --release --workspace --locked
fi
BIN=$CARGO_TARGET_DIR/release
for program in aci-node aci-worker aci; do
	[ -x "$BIN/$program" ] || fail "$BIN/$program is missing: leave --no-build away"
done

if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then
	fail "port $PORT is taken: end the node that runs there, or choose another with --port"
fi

STATE=$(mktemp -d "${TMPDIR:-/tmp}/aci-run.XXXXXX")
URL=ws://127.0.0.1:$PORT
HTTP=http://127.0.0.1:$PORT
aci() {
	"$BIN/aci" --node "$URL" "$@"
}

say "Chain: one validator, a block every 2 s"
"$BIN/aci-node" --dev --rpc-port "$PORT" --no-prometheus --no-telemetry \
	--listen-addr /ip4/127.0.0.1/tcp/0 >"$STATE/node.log" 2>&1 &
NODE_PID=$!
wait_for 90 "$NODE_PID" "$STATE/node.log" "the node" aci class list
aci class list

say "Worker: Bob, on this machine's processor, with both models"
"$BIN/aci-worker" run --node "$URL" --account bob --data-dir "$STATE/worker" --class cpu --slots 4 \
	--model "$ACI_MODELS/smollm2-135m-instruct-q4_1.gguf" \
	--model "$ACI_MODELS/all-minilm-l6-v2/model.safetensors" >"$STATE/worker.log" 2>&1 &
WORKER_PID=$!
wait_for 90 "$WORKER_PID" "$STATE/worker.log" "the worker" \
	grep -q "ready for jobs" "$STATE/worker.log"
aci worker list
aci model list

python3 "$SCRIPTS/run/balances.py" "$HTTP" snapshot >"$STATE/before.json"

# job MODEL PROMPT ARGUMENT...: orders, follows and shows one job, and its receipt.
job() {
	local model=$1 prompt=$2
	shift 2
	printf 'Alice asks %s: %s\n\n' "$model" "$prompt"
	aci submit --model "$model" --prompt "$prompt" --account alice --yes "$@"
	printf '\n'
	aci receipt "$(aci --json jobs --account alice | python3 -c '
import json, sys
print(max(json.load(sys.stdin), key=lambda job: job["order"])["job"])')"
}

say "A language model answers"
job SmolLM2-135M-Instruct "What is the capital of France?" --max-tokens 48

say "A sentence is embedded"
job all-MiniLM-L6-v2 "The sea is deep and blue."

if [ "$VERIFY" = yes ]; then
	say "The same by independent implementations (scripts/reference)"
	REFERENCE=${XDG_CACHE_HOME:-$HOME/.cache}/aci/reference
	[ -x "$REFERENCE/bin/python" ] || python3 -m venv "$REFERENCE"
	"$REFERENCE/bin/python" -m pip install --quiet --disable-pip-version-check \
		-r "$SCRIPTS/reference/requirements.txt"
	"$REFERENCE/bin/python" "$SCRIPTS/run/verify.py" "$BIN/aci" "$URL" "$ACI_MODELS"
fi

say "Who paid, and who was paid"
python3 "$SCRIPTS/run/balances.py" "$HTTP" compare "$STATE/before.json"

if [ "$ONCE" = yes ]; then
	exit 0
fi

say "The network runs; Ctrl-C ends it"
cat <<EOF
polkadot.js apps:  https://polkadot.js.org/apps/?rpc=$URL
another job:       $BIN/aci --node $URL submit --model SmolLM2-135M-Instruct --account alice --prompt "Hello"
logs:              $STATE/node.log, $STATE/worker.log
EOF
wait "$NODE_PID"
