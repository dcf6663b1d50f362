# shellcheck shell=bash
# What the parts of setup.sh share: reporting, and installing Debian packages.
#
# Each item of the set-up prints one line, `item: state`. In check mode nothing is changed, and an
# item that is not there is counted; setup.sh then exits with status 1.

CHECK_ONLY=no
MISSING=0
APT_UPDATED=no

# Folders that are removed when the script ends, however it ends.
TEMPORARY=()
trap 'rm -rf "${TEMPORARY[@]}"' EXIT

# report ITEM STATE
report() {
	printf '%s: %s\n' "$1" "$2"
}

# missing ITEM STATE: reports an item that is not there and stays so.
missing() {
	report "$1" "MISSING, $2"
	MISSING=$((MISSING + 1))
}

checking() {
	[ "$CHECK_ONLY" = yes ]
}

# version_at_least HAVE WANT: compares dotted version numbers.
version_at_least() {
	[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# quietly COMMAND...: shows the command's output only when it fails.
quietly() {
	local log status=0
	log=$(mktemp)
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if [ "$status" -ne 0 ]; then
		printf '%s\n' "failed with status $status: $*" >&2
		tail -n 60 "$log" >&2
	fi
	rm -f "$log"
	return "$status"
}

# as_root COMMAND...: runs it as root, directly or by sudo where that asks for no password.
# Status 77 means that neither is possible.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
		sudo -n "$@"
	else
		return 77
	fi
}

# install_packages ITEM PACKAGE...: installs Debian packages, or says which command does.
# Reports what is wrong itself; what is right is left to the caller.
install_packages() {
	local item=$1 status=0
	shift
	local by_hand="apt-get update && apt-get install -y --no-install-recommends $*"
	if checking; then
		missing "$item" "install with: $by_hand"
		return 1
	fi
	if ! command -v apt-get >/dev/null 2>&1; then
		missing "$item" "no apt-get here: install what Debian calls $*"
		return 1
	fi
	as_root true || status=$?
	if [ "$status" -eq 77 ]; then
		missing "$item" "this needs root, run: sudo sh -c '$by_hand'"
		return 1
	fi
	if [ "$APT_UPDATED" = no ]; then
		# One unreachable source must not stop an installation that the others can serve.
		quietly as_root apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update || true
		APT_UPDATED=yes
	fi
	if ! quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get \
		-o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
		install -y --no-install-recommends "$@"; then
		missing "$item" "apt-get could not install $* (its output is above)"
		return 1
	fi
}
