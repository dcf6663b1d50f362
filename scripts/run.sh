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

# shellcheck source=scripts/run/processes.sh
. "$SCRIPTS/run/processes.sh"

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

free_port "$PORT"
state_folder
URL=ws://127.0.0.1:$PORT
HTTP=http://127.0.0.1:$PORT
aci() {
	"$BIN/aci" --node "$URL" "$@"
}

say "Chain: one validator, a block every 2 s"
start node "$BIN/aci-node" --dev --rpc-port "$PORT" --no-prometheus --no-telemetry \
	--listen-addr /ip4/127.0.0.1/tcp/0
wait_for 90 node aci class list
aci class list

say "Worker: Bob, on this machine's processor, with both models"
start worker "$BIN/aci-worker" run --node "$URL" --account bob --data-dir "$STATE/worker" \
	--class cpu --slots 4 \
	--model "$ACI_MODELS/smollm2-135m-instruct-q4_1.gguf" \
	--model "$ACI_MODELS/all-minilm-l6-v2/model.safetensors"
wait_for 90 worker grep -q "ready for jobs" "$STATE/worker.log"
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
wait "${PIDS[node]}"
