"""Draws the plots of docs/poai.md.

usage: draw.py RESULTS FOLDER

RESULTS is what `aci-calibrate judge --out` writes. The same figures give the same files.
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "aci", "svg.fonttype": "none", "font.size": 9})
import matplotlib.pyplot as plt  # noqa: E402 (the backend comes first)

LOGIT = 65536
POINTS = 60


def save(folder, name, figure):
    figure.tight_layout()
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def axes(title, x, y, height=4.2):
    figure, axis = plt.subplots(figsize=(7.2, height))
    axis.set_title(title)
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.grid(alpha=0.3)
    return figure, axis


def thinned(values):
    step = max(1, -(-len(values) // POINTS))
    return values[::step] + values[-1:]


def shares(axis, spreads, number):
    """The share of runs up to a number: honest ones solid, cheats dashed."""
    for spread in spreads:
        honest = spread["kind"].startswith("honest")
        values = thinned(spread[number])
        if not values:
            continue
        share = [place / max(1, len(values) - 1) for place in range(len(values))]
        style = {"linewidth": 1.6} if honest else {"linewidth": 1, "linestyle": "--"}
        axis.plot(values, share, label=spread["kind"], **style)
    axis.legend(fontsize=6, ncol=2)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    results = json.loads(pathlib.Path(sys.argv[1]).read_text())
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    thresholds = results["thresholds"]["sampled_text"]
    statistical = [cheat for cheat in results["cheats"] if not cheat["by_rule"]]

    figure, axis = axes("Cheats found by honest jobs that fail", "honest runs above the score", "cheats above the score")
    for cheat in statistical:
        axis.plot(*zip(*thinned(cheat["curve"])), label=f"{cheat['kind']} ({cheat['area']['area']:.4f})")
    axis.set_xscale("symlog", linthresh=1e-3)
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1.02)
    axis.legend(fontsize=6, ncol=2, loc="lower right")
    save(folder, "poai-roc", figure)

    # Cheats with genuine states have no distances.
    own = [spread for spread in results["spreads"] if spread["distance"][-1:] > [0.1]]
    figure, axis = axes("Hidden states: the worst chunk's mean distance", "units in the last place of bfloat16", "share of runs")
    shares(axis, own, "distance")
    axis.axvline(thresholds["activations"]["most_mean"] / 1e3, color="black", linewidth=0.8)
    axis.set_xscale("symlog", linthresh=0.1)
    save(folder, "poai-states", figure)

    figure, axis = axes("Draws: the mean margin", "logits", "share of runs")
    shares(axis, results["spreads"], "margin")
    axis.axvline(thresholds["sampling"]["most_mean"] / LOGIT, color="black", linewidth=0.8)
    axis.set_xscale("symlog", linthresh=1e-3)
    save(folder, "poai-draws", figure)

    figure, axis = axes("How many tokens part a cheat from honest work", "first tokens of the output", "area under the ROC curve")
    for cheat in statistical:
        best = [(tokens, max(states or 0, draws)) for tokens, states, draws in cheat["first"]]
        axis.plot(*zip(*best), marker=".", label=cheat["kind"])
    axis.axhline(0.999, color="black", linewidth=0.8)
    axis.set_xscale("log", base=2)
    axis.set_ylim(0.5, 1.01)
    axis.legend(fontsize=6, ncol=2, loc="lower right")
    save(folder, "poai-tokens", figure)


main()
