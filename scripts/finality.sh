#!/usr/bin/env bash
# Measures how long real validators on this machine take to finalise a block that they have
# imported: the chain's own finality gadget, then GRANDPA. Takes a good ten minutes each. Options
# are those of the program aci-finality-benchmark (--help), and:
#
#   --no-build  skips the build
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

# shellcheck source=scripts/measure.sh
. "$SCRIPTS/measure.sh"

export ACI_NODE_BIN="${ACI_NODE_BIN:-$CARGO_TARGET_DIR/release/aci-node}"
measure aci-finality-benchmark "$@"
