#!/usr/bin/env bash
# Builds the program and measures how many jobs the chain settles in a second. What it prints is
# explained in node/benchmark/README.md. Arguments go to the program; --help shows them.
#
#   --no-build  skips the build
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

# shellcheck source=scripts/measure.sh
. "$SCRIPTS/measure.sh"

measure aci-benchmark "$@"
