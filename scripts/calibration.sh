#!/usr/bin/env bash
# Draws the plots of docs/poai.md from the results of `aci-calibrate judge --out RESULTS` into
# docs/images.
# Needs python3 with venv; installs matplotlib into a folder of its own.
set -euo pipefail

if [ $# -ne 1 ]; then
	echo "usage: scripts/calibration.sh RESULTS" >&2
	exit 2
fi
SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PLOTS=${XDG_CACHE_HOME:-$HOME/.cache}/aci/plots
[ -x "$PLOTS/bin/python" ] || python3 -m venv "$PLOTS"
"$PLOTS/bin/python" -m pip install --quiet --disable-pip-version-check \
	-r "$SCRIPTS/calibration/requirements.txt"
"$PLOTS/bin/python" "$SCRIPTS/calibration/draw.py" "$1" "$(dirname "$SCRIPTS")/docs/images"
