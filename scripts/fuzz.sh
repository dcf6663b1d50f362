#!/usr/bin/env bash
# Gives every decoder a million changed encodings to read, or as many as the argument says: those of
# the finality gadget's core and node, of proofs, receipts and thresholds, and a hundredth as many
# damaged model files to the worker's engine. As few modules are given to the AIVM, to validate and to
# run: random and changed bytes, random instructions, and random arguments to every opcode. Every test
# run tries a few thousand of the first, and a few hundred modules.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

usage() {
	printf 'usage: scripts/fuzz.sh [CASES]\n\n'
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

case "${1:-}" in
--help)
	usage
	exit 0
	;;
*[!0-9]*)
	usage >&2
	exit 2
	;;
esac

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

export ACI_FUZZ_CASES=${1:-1000000}
start=$SECONDS
cargo test --release --locked -p aci-finality decoding
# Chosen from the whole workspace: alone, the node's dependencies would be built once more.
cargo test --release --locked --workspace --test decoders
cargo test --release --locked -p aci-poai decoding
ACI_FUZZ_CASES=$((ACI_FUZZ_CASES / 100 + 1)) cargo test --release --locked --workspace --test malformed
ACI_FUZZ_CASES=$((ACI_FUZZ_CASES / 100 + 1)) cargo test --release --locked -p aci-aivm-engine --test machine fuzz
printf '== %s cases of each search: %s s\n' "$ACI_FUZZ_CASES" "$((SECONDS - start))"
