"""Compares what a running chain's worker gives with the independent implementations.

usage: verify.py ACI RPC-URL MODELS-FOLDER

Three prompts go through the chain greedily, and one sentence is embedded. The answers must be those
of scripts/reference wherever the reference's choice has a margin above 1, and the embedding's cosine
similarity must be above 0.9999. The first prompt is ordered twice with one seed: both receipts must
carry the same hash of the output.
"""

import json
import math
import pathlib
import subprocess
import sys

PROMPTS = [
    ("What is the capital of France?", 16),
    ("Write one sentence about the sea.", 32),
    ("What is 17 plus 25?", 16),
]
SENTENCE = "The sea is deep and blue."
# Below this margin two right implementations may choose differently: sums are rounded in another
# order.
SURE = 1.0
END = "<|im_end|>"
REFERENCE = pathlib.Path(__file__).resolve().parent.parent / "reference"


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def agreement(steps, answer):
    """How many sure choices agree; fails at the first sure one that does not."""
    so_far, agreed = "", 0
    for number, step in enumerate(steps):
        if step["text"] == END or step["text"] == "":
            ends = answer == so_far
            if ends or step["margin"] <= SURE:
                return agreed + (ends and step["margin"] > SURE)
            sys.exit(f"the reference ends after {so_far!r}, the worker goes on: {answer!r}")
        if not answer.startswith(so_far + step["text"]):
            if step["margin"] <= SURE:
                return agreed
            sys.exit(f"choice {number} differs: the reference has {step}, the worker {answer!r}")
        so_far += step["text"]
        agreed += step["margin"] > SURE
    return agreed


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, url, models = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])

    def aci(*arguments):
        return run(program, "--node", url, "--json", *arguments)

    def order(model, prompt, *arguments):
        order = ["--model", model, "--prompt", prompt, "--account", "alice", "--yes"]
        return aci("submit", *order, *arguments)

    def submit(*arguments):
        return order(*arguments)["output"]

    prompt, tokens = PROMPTS[0]
    twice = ["SmolLM2-135M-Instruct", prompt, "--max-tokens", str(tokens), "--seed", "7"]
    first, second = (aci("receipt", order(*twice)["job"])["output"] for _ in range(2))
    if first != second:
        sys.exit(f"one order with one seed gave two outputs: {first} and {second}")
    print(f"  the same order with the same seed twice: one output hash, {first}")

    for prompt, tokens in PROMPTS:
        steps = run(sys.executable, REFERENCE / "smollm2.py",
                    models / "smollm2-135m-instruct-q4_1.gguf", prompt, "--max-tokens",
                    str(tokens))["steps"]
        answer = submit("SmolLM2-135M-Instruct", prompt, "--max-tokens", str(tokens))["text"]
        agreed = agreement(steps, answer)
        if agreed == 0:
            sys.exit(f"no sure choice to compare for {prompt!r}")
        print(f"  {prompt}  {answer!r}: {agreed} sure choices agree")

    expected = run(sys.executable, REFERENCE / "minilm.py", models / "all-minilm-l6-v2", SENTENCE)
    numbers = submit("all-MiniLM-L6-v2", SENTENCE)["embedding"]
    if len(numbers) != 384:
        sys.exit(f"the embedding has {len(numbers)} numbers, not 384")
    product = sum(a * b for a, b in zip(expected, numbers))
    cosine = product / math.sqrt(sum(a * a for a in expected) * sum(b * b for b in numbers))
    if not cosine > 0.9999:
        sys.exit(f"the embedding's cosine similarity is {cosine}")
    print(f"  {SENTENCE}  384 numbers, 1 - cosine similarity {1 - cosine:.1e}")


main()
