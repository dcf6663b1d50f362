#!/usr/bin/env bash
# Puts the results of a calibration into docs/poai.md: draws the plots from what
# `aci-calibrate judge --out RESULTS` writes into docs/images, and replaces the figures by TABLES, which
# is what that command prints.
# Needs python3 with venv; installs matplotlib into a folder of its own.
set -euo pipefail

if [ $# -ne 2 ]; then
	echo "usage: scripts/calibration.sh RESULTS TABLES" >&2
	exit 2
fi
SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DOCS=$(dirname "$SCRIPTS")/docs
PLOTS=${XDG_CACHE_HOME:-$HOME/.cache}/aci/plots
[ -x "$PLOTS/bin/python" ] || python3 -m venv "$PLOTS"
"$PLOTS/bin/python" -m pip install --quiet --disable-pip-version-check \
	-r "$SCRIPTS/calibration/requirements.txt"
"$PLOTS/bin/python" "$SCRIPTS/calibration/draw.py" "$1" "$DOCS/images"

# The figures are between two comments.
page=$(mktemp)
trap 'rm -f "$page"' EXIT
awk -v tables="$2" '
	/^<!-- \/figures -->/ { hidden = 0 }
	!hidden { print }
	/^<!-- figures -->/ {
		hidden = 1
		while ((getline line < tables) > 0) print line
		print ""
		print "![Hidden states](images/poai-states.svg)\n"
		print "![Draws](images/poai-draws.svg)\n"
		print "![Tokens](images/poai-tokens.svg)\n"
		print "![ROC](images/poai-roc.svg)\n"
	}
' "$DOCS/poai.md" >"$page"
cat "$page" >"$DOCS/poai.md"
