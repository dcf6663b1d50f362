"""Draws the plots of docs/economics.md.

usage: draw.py FOLDER < figures.json

The figures come from the example `economics` of aci-market. The same figures give the same files.
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "aci", "svg.fonttype": "none", "font.size": 10})
import matplotlib.pyplot as plt  # noqa: E402 (the backend comes first)


def save(folder, name, figure):
    figure.tight_layout()
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def axes(title, x, y):
    figure, axis = plt.subplots(figsize=(6.4, 3.6))
    axis.set_title(title)
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.grid(alpha=0.3)
    return figure, axis


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    figures = json.load(sys.stdin)

    figure, axis = axes("Price of capacity", "utilisation", "price / par price")
    for line in figures["curve"]:
        axis.plot(*zip(*line["points"]), label=f"floor share {line['floor_share']}")
    axis.set_yscale("log")
    axis.legend()
    save(folder, "price-curve", figure)

    figure, axis = axes("Floor share by the class's fund", "fund / ACI", "floor share")
    axis.plot(*zip(*figures["floor"]))
    axis.set_ylim(0, 0.9)
    save(folder, "floor-share", figure)

    figure, axis = axes("Slow control: demand doubles, then falls to half of the first", "epoch", "utilisation")
    epochs = [step["epoch"] for step in figures["control"]]
    axis.plot(epochs, [step["utilisation"] for step in figures["control"]], label="utilisation")
    axis.axhspan(0.4, 0.6, alpha=0.15, label="zone without change")
    axis.set_ylim(0, 1)
    par = axis.twinx()
    par.plot(epochs, [step["par_price"] for step in figures["control"]], "C1", label="par price")
    par.set_ylabel("par price / first par price")
    lines = axis.get_legend_handles_labels()
    more = par.get_legend_handles_labels()
    axis.legend(lines[0] + more[0], lines[1] + more[1], loc="upper right")
    save(folder, "slow-control", figure)

    figure, axis = axes("What a late result is paid", "time / SLA", "share of the price")
    axis.plot(*zip(*figures["late"]))
    axis.set_ylim(0, 1.05)
    save(folder, "late-rule", figure)

    figure, axis = axes(
        "Expected profit of cheating in one epoch of 10,000 jobs",
        "share of jobs cheated on",
        "revenues of an epoch",
    )
    for line in figures["cheating"]:
        axis.plot(*zip(*line["points"]), label=f"sampling rate {line['sampling']}")
    axis.axhline(0, color="black", linewidth=0.8)
    axis.legend()
    save(folder, "cheating", figure)


main()
