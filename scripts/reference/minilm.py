"""An independent all-MiniLM-L6-v2: safetensors reader, WordPiece and BERT forward pass in numpy.

It shares no code with the worker's engine, so that the two can be compared.

usage: minilm.py FOLDER TEXT

FOLDER holds model.safetensors, config.json and tokenizer.json. Prints the embedding as JSON.
"""

import json
import math
import pathlib
import struct
import sys
import unicodedata

import numpy as np
import regex


def load_safetensors(path):
    """All float32 tensors of a safetensors file by name."""
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    body = memoryview(data)[8 + length:]
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[begin:end], dtype="<f4").reshape(entry["shape"])
    return tensors


class WordPiece:
    """The uncased BERT tokenizer."""

    # Symbols in ASCII count as punctuation too, although Unicode calls some of them symbols.
    PUNCTUATION = regex.compile(r"[\p{P}!-/:-@\[-`{-~]")
    # Han is the part of BERT's table of ideograph blocks that occurs in texts.
    CJK = regex.compile(r"\p{Han}")

    def __init__(self, path):
        settings = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        self.vocabulary = settings["model"]["vocab"]
        self.limit = (settings.get("truncation") or {}).get("max_length", 512)

    def words(self, text):
        text = "".join(" " if c.isspace() else c for c in text
                       if c.isspace() or unicodedata.category(c)[0] != "C")
        text = self.CJK.sub(r" \g<0> ", text)
        text = "".join(c for c in unicodedata.normalize("NFD", text)
                       if unicodedata.category(c) != "Mn").lower()
        return self.PUNCTUATION.sub(r" \g<0> ", text).split()

    def pieces(self, word):
        found, start = [], 0
        if len(word) > 100:
            return [self.vocabulary["[UNK]"]]
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = ("##" if start else "") + word[start:end]
                if piece in self.vocabulary:
                    break
            else:
                return [self.vocabulary["[UNK]"]]
            found.append(self.vocabulary[piece])
            start = end
        return found

    def encode(self, text):
        inner = [token for word in self.words(text) for token in self.pieces(word)]
        return [self.vocabulary["[CLS]"], *inner[:self.limit - 2], self.vocabulary["[SEP]"]]


ERF = np.vectorize(math.erf, otypes=[np.float64])


def embed(tensors, config, tokens):
    """Mean of the last hidden states, of unit norm. Computed in float64."""
    def weight(name):
        return tensors[name].astype(np.float64)

    def linear(name, x):
        return x @ weight(f"{name}.weight").T + weight(f"{name}.bias")

    def layer_norm(name, x):
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred ** 2).mean(axis=-1, keepdims=True) + config["layer_norm_eps"])
        return centred / scale * weight(f"{name}.weight") + weight(f"{name}.bias")

    count, heads = len(tokens), config["num_attention_heads"]
    width = config["hidden_size"] // heads
    x = weight("embeddings.word_embeddings.weight")[tokens]
    x = x + weight("embeddings.position_embeddings.weight")[:count]
    x = x + weight("embeddings.token_type_embeddings.weight")[0]
    x = layer_norm("embeddings.LayerNorm", x)
    for index in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{index}"
        query, key, value = (
            linear(f"{layer}.attention.self.{part}", x).reshape(count, heads, width).swapaxes(0, 1)
            for part in ("query", "key", "value"))
        scores = query @ key.swapaxes(1, 2) / math.sqrt(width)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = (weights @ value).swapaxes(0, 1).reshape(count, -1)
        x = layer_norm(f"{layer}.attention.output.LayerNorm",
                       x + linear(f"{layer}.attention.output.dense", mixed))
        inner = linear(f"{layer}.intermediate.dense", x)
        inner = 0.5 * inner * (1 + ERF(inner / math.sqrt(2)))
        x = layer_norm(f"{layer}.output.LayerNorm", x + linear(f"{layer}.output.dense", inner))
    mean = x.mean(axis=0)
    return mean / np.linalg.norm(mean)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: minilm.py FOLDER TEXT")
    folder = pathlib.Path(sys.argv[1])
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tensors = load_safetensors(folder / "model.safetensors")
    tokens = WordPiece(folder / "tokenizer.json").encode(sys.argv[2])
    print(json.dumps([round(float(number), 8) for number in embed(tensors, config, tokens)]))


if __name__ == "__main__":
    main()
