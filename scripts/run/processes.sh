# shellcheck shell=bash
# What a script needs that starts programs and ends them with itself. To be sourced.
#
# Programs run in the background under a name; their logs are NAME.log in the folder STATE. When the
# script ends, all are ended, the last started first, and the folder is removed, unless something
# failed. Nothing else is ever ended.

STATE='' ORDER=()
declare -A PIDS=()

say() {
	printf '\n== %s\n' "$*"
}

fail() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

finish() {
	local status=$? index pid
	trap - EXIT INT TERM
	for ((index = ${#ORDER[@]} - 1; index >= 0; index--)); do
		pid=${PIDS[${ORDER[index]}]}
		if kill "$pid" 2>/dev/null; then
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

# Makes the folder of data and logs.
state_folder() {
	STATE=$(mktemp -d "${TMPDIR:-/tmp}/aci-run.XXXXXX")
}

# free_port PORT: fails where something answers there.
free_port() {
	if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
		fail "port $1 is taken: end the node that runs there, or choose another with --port"
	fi
}

# start NAME COMMAND...: runs the command in the background under the name.
start() {
	local name=$1
	shift
	"$@" >"$STATE/$name.log" 2>&1 &
	PIDS[$name]=$!
	ORDER+=("$name")
}

# wait_for SECONDS NAME COMMAND...: until the command succeeds; NAME's process must live meanwhile.
wait_for() {
	local limit=$1 name=$2 start=$SECONDS
	shift 2
	until "$@" >/dev/null 2>&1; do
		if ! kill -0 "${PIDS[$name]}" 2>/dev/null; then
			tail -n 20 "$STATE/$name.log" >&2
			fail "the program '$name' ended; its last lines are above"
		fi
		if [ $((SECONDS - start)) -gt "$limit" ]; then
			tail -n 20 "$STATE/$name.log" >&2
			fail "the program '$name' was not ready within $limit s; its last lines are above"
		fi
		sleep 0.5
	done
}
