#!/usr/bin/env bash
# Draws the plots of docs/economics.md from the market's own functions into docs/images.
# Needs python3 with venv; installs matplotlib into a folder of its own.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"
# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

PLOTS=${XDG_CACHE_HOME:-$HOME/.cache}/aci/plots
[ -x "$PLOTS/bin/python" ] || python3 -m venv "$PLOTS"
"$PLOTS/bin/python" -m pip install --quiet --disable-pip-version-check \
	-r "$SCRIPTS/economics/requirements.txt"
cargo run --release --locked --quiet -p aci-market --example economics |
	"$PLOTS/bin/python" "$SCRIPTS/economics/draw.py" docs/images
