"""Trains the digit classifier of the example contract and writes its weights.

    train.py WHEEL OUTPUT_FOLDER

WHEEL is the package that holds the data: 1,797 pictures of handwritten digits, 8 by 8, each pixel 0 to
16. The last 360 are held out. What is trained is one
layer of weights by the averaged perceptron: integers and a fixed order throughout, so every machine gets
the same weights. They are scaled to 8 bits.

Written are model.bin, in the format of models on chain, and classifier.json: the weights as numbers, and
the pictures that were held out, with their classes and the classes that these weights give.
"""

import gzip
import json
import struct
import sys
import zipfile
from pathlib import Path

DATA = "sklearn/datasets/data/digits.csv.gz"
INPUTS = 64
CLASSES = 10
HELD_OUT = 360
EPOCHS = 40
# The input that goes with the bias, as large as the brightest pixel.
CONSTANT = 16
# Sums times this are the logits in units of 2^-16.
MULTIPLIER = 32


def pictures(wheel):
    """Pairs of pixels and class, in the order of the data."""
    with zipfile.ZipFile(wheel) as archive:
        text = gzip.decompress(archive.read(DATA)).decode()
    rows = [[int(float(value)) for value in line.split(",")] for line in text.split()]
    return [(row[:INPUTS], row[INPUTS]) for row in rows]


def shuffled(count, state):
    """The numbers below count in a pseudo-random order, and the generator's next state."""
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        other = (state >> 33) % (last + 1)
        order[last], order[other] = order[other], order[last]
    return order, state


def predict(weights, inputs):
    """The class of the largest sum; the first one of equal ones."""
    sums = [sum(w * x for w, x in zip(row, inputs)) for row in weights]
    return sums.index(max(sums))


def train(examples):
    """Sums of the perceptron's weights over all steps: for each class, those of the inputs and bias."""
    weights = [[0] * (INPUTS + 1) for _ in range(CLASSES)]
    # What each weight misses in its sum: changes, times the steps before them.
    late = [[0] * (INPUTS + 1) for _ in range(CLASSES)]
    step = 0
    state = 1
    for _ in range(EPOCHS):
        order, state = shuffled(len(examples), state)
        for index in order:
            inputs, right = examples[index]
            guess = predict(weights, inputs)
            if guess != right:
                for at, value in enumerate(inputs):
                    weights[right][at] += value
                    weights[guess][at] -= value
                    late[right][at] += value * step
                    late[guess][at] -= value * step
            step += 1
    return [
        [w * step - missed for w, missed in zip(row, lost)] for row, lost in zip(weights, late)
    ]


def scaled(value, largest):
    """The value in units of a 127th of the largest, rounded to nearest, halves upward."""
    return (2 * 127 * value + largest) // (2 * largest)


def main():
    wheel, folder = Path(sys.argv[1]), Path(sys.argv[2])
    examples = [(pixels + [CONSTANT], digit) for pixels, digit in pictures(wheel)]
    training, held_out = examples[:-HELD_OUT], examples[-HELD_OUT:]
    sums = train(training)
    largest = max(abs(value) for row in sums for value in row[:INPUTS])
    weights = [[scaled(value, largest) for value in row[:INPUTS]] for row in sums]
    bias = [scaled(CONSTANT * row[INPUTS], largest) for row in sums]

    model = b"ACIM" + struct.pack("<BBHHBBi", 1, 1, INPUTS, CLASSES, 0, 0, MULTIPLIER)
    model += struct.pack(f"<{CLASSES}i", *bias)
    for pixel in range(INPUTS):
        model += struct.pack(f"<{CLASSES}b", *(row[pixel] for row in weights))

    whole = [row + [b] for row, b in zip(weights, bias)]
    answers = lambda part: [predict(whole, inputs[:INPUTS] + [1]) for inputs, _ in part]
    share = lambda part: sum(a == d for a, (_, d) in zip(answers(part), part)) / len(part)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.bin").write_bytes(model)
    (folder / "classifier.json").write_text(
        json.dumps(
            {
                "inputs": INPUTS,
                "classes": CLASSES,
                "bias": bias,
                "weights": weights,
                "row": held_out[0][0][:INPUTS],
                "class": answers(held_out)[0],
                "heldOut": [
                    {"pixels": inputs[:INPUTS], "digit": digit, "answer": answer}
                    for (inputs, digit), answer in zip(held_out, answers(held_out))
                ],
            }
        )
    )
    print(
        f"{len(training)} pictures to learn from, {share(training):.4f} of them right afterwards; "
        f"{len(held_out)} held out, {share(held_out):.4f} of them right; {len(model)} bytes of model"
    )


if __name__ == "__main__":
    main()
