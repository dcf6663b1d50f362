"""An independent SmolLM2: GGUF reader, tokenizer, forward pass and greedy generation in numpy.

It shares no code with the worker's engine, so that the two can be compared. Weights are expanded
to float32 and activations are never rounded, whereas the engine's quantised kernels round them to
8 bits: choices with a small margin may therefore differ, all others must not.

usage: smollm2.py MODEL.gguf PROMPT [--max-tokens N] [--complete]

Prints JSON: the prompt's tokens, and for each step the chosen token, its text and the margin of
its logit over the second highest. --complete takes the prompt as it is, without the chat template.
"""

import argparse
import json
import struct
import sys

import numpy as np
import regex

F32, F16, Q4_1, Q8_0 = 0, 1, 3, 8
CONTROL = 3


class Gguf:
    """Metadata and tensors of a GGUF file (version 2 or 3, little-endian)."""

    SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
               12: "d"}

    def __init__(self, path):
        self.data = np.memmap(path, dtype=np.uint8, mode="r")
        self.at = 0
        if self.bytes(4) != b"GGUF":
            sys.exit(f"{path} is not a GGUF file")
        version = self.scalar("I")
        if version not in (2, 3):
            sys.exit(f"GGUF version {version} is not supported")
        tensors, entries = self.scalar("Q"), self.scalar("Q")
        self.metadata = {}
        for _ in range(entries):
            key = self.string()
            self.metadata[key] = self.value(self.scalar("I"))
        self.tensors = {}
        for _ in range(tensors):
            name = self.string()
            shape = [self.scalar("Q") for _ in range(self.scalar("I"))]
            # GGUF lists the fastest dimension first.
            self.tensors[name] = (shape[::-1], self.scalar("I"), self.scalar("Q"))
        alignment = self.metadata.get("general.alignment", 32)
        self.start = -(-self.at // alignment) * alignment

    def bytes(self, count):
        piece = self.data[self.at:self.at + count].tobytes()
        self.at += count
        return piece

    def scalar(self, code):
        return struct.unpack("<" + code, self.bytes(struct.calcsize("<" + code)))[0]

    def string(self):
        return self.bytes(self.scalar("Q")).decode("utf-8")

    def value(self, kind):
        if kind == 8:
            return self.string()
        if kind == 9:
            inner, count = self.scalar("I"), self.scalar("Q")
            return [self.value(inner) for _ in range(count)]
        return self.scalar(self.SCALARS[kind])

    def tensor(self, name):
        """The tensor as float32."""
        shape, kind, offset = self.tensors[name]
        count = int(np.prod(shape))
        size = {F32: 4 * count, F16: 2 * count, Q4_1: count // 32 * 20, Q8_0: count // 32 * 34}
        if kind not in size:
            sys.exit(f"{name} has type {kind}, which is not supported")
        raw = np.array(self.data[self.start + offset:self.start + offset + size[kind]])
        if kind == F32:
            values = raw.view("<f4")
        elif kind == F16:
            values = raw.view("<f2").astype(np.float32)
        elif kind == Q8_0:
            # Block of 32: f16 scale, 32 signed bytes.
            blocks = raw.reshape(-1, 34)
            scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
            values = blocks[:, 2:].view(np.int8).astype(np.float32) * scale
        else:
            # Block of 32: f16 scale, f16 minimum, 16 bytes; low halves are the first 16 values.
            blocks = raw.reshape(-1, 20)
            scale = blocks[:, 0:2].copy().view("<f2").astype(np.float32)
            minimum = blocks[:, 2:4].copy().view("<f2").astype(np.float32)
            packed = blocks[:, 4:]
            quants = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32)
            values = quants * scale + minimum
        return np.ascontiguousarray(values, dtype=np.float32).reshape(shape)


class Tokenizer:
    """Byte-level BPE from the metadata: control tokens, single digits, the GPT-2 split."""

    SPLIT = regex.compile(
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
    DIGIT = regex.compile(r"\p{N}")

    def __init__(self, metadata):
        if metadata["tokenizer.ggml.pre"] != "smollm":
            sys.exit("only the split smollm is supported")
        self.tokens = metadata["tokenizer.ggml.tokens"]
        self.ids = {token: index for index, token in enumerate(self.tokens)}
        merges = (tuple(merge.split(" ", 1)) for merge in metadata["tokenizer.ggml.merges"])
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        kinds = metadata["tokenizer.ggml.token_type"]
        self.control = {token for token, kind in zip(self.tokens, kinds) if kind == CONTROL}
        longest_first = sorted(self.control, key=len, reverse=True)
        self.control_split = regex.compile(
            "(" + "|".join(regex.escape(token) for token in longest_first) + ")")
        printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
        others = [byte for byte in range(256) if byte not in printable]
        self.letters = {byte: chr(byte) for byte in printable}
        self.letters.update({byte: chr(256 + index) for index, byte in enumerate(others)})
        self.bytes = {letter: byte for byte, letter in self.letters.items()}

    def merge(self, word):
        parts = [self.letters[byte] for byte in word.encode("utf-8")]
        while len(parts) > 1:
            pairs = list(zip(parts, parts[1:]))
            best = min(pairs, key=lambda pair: self.ranks.get(pair, 1 << 60))
            if best not in self.ranks:
                break
            merged, index = [], 0
            while index < len(parts):
                if index + 1 < len(parts) and (parts[index], parts[index + 1]) == best:
                    merged.append(parts[index] + parts[index + 1])
                    index += 2
                else:
                    merged.append(parts[index])
                    index += 1
            parts = merged
        return [self.ids[part] for part in parts]

    def plain(self, text):
        # Each digit is a piece of its own; what lies between digits is split like GPT-2 does.
        pieces, last = [], 0
        for digit in self.DIGIT.finditer(text):
            pieces += self.SPLIT.findall(text[last:digit.start()]) + [digit.group()]
            last = digit.end()
        pieces += self.SPLIT.findall(text[last:])
        return [token for piece in pieces for token in self.merge(piece)]

    def encode(self, text):
        out = []
        for part in self.control_split.split(text):
            out += [self.ids[part]] if part in self.control else self.plain(part)
        return out

    def decode(self, tokens):
        letters = "".join(self.tokens[token] for token in tokens
                          if self.tokens[token] not in self.control)
        return bytes(self.bytes[letter] for letter in letters).decode("utf-8", "replace")


def chat_prompt(metadata, message):
    """The prompt of a single user turn: the template's default system turn, then the user's."""
    template = metadata["tokenizer.chat_template"]
    opening = "<|im_start|>system\n"
    system = template[template.index(opening):]
    system = system[:system.index("<|im_end|>")] + "<|im_end|>\n"
    return f"{system}<|im_start|>user\n{message}<|im_end|>\n<|im_start|>assistant\n"


class Model:
    """The forward pass, with a cache of keys and values."""

    def __init__(self, gguf):
        meta = gguf.metadata
        self.heads = meta["llama.attention.head_count"]
        self.kv_heads = meta["llama.attention.head_count_kv"]
        self.width = meta["llama.embedding_length"] // self.heads
        self.epsilon = meta["llama.attention.layer_norm_rms_epsilon"]
        self.base = meta["llama.rope.freq_base"]
        self.embedding = gguf.tensor("token_embd.weight")
        self.head = (gguf.tensor("output.weight") if "output.weight" in gguf.tensors
                     else self.embedding)
        self.norm = gguf.tensor("output_norm.weight")
        names = ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate",
                 "ffn_up", "ffn_down"]
        self.layers = [{name: gguf.tensor(f"blk.{layer}.{name}.weight") for name in names}
                       for layer in range(meta["llama.block_count"])]
        self.cache = [None] * len(self.layers)

    def rms(self, x, weight):
        mean = np.mean(x.astype(np.float64) ** 2, axis=-1, keepdims=True)
        return (x / np.sqrt(mean + self.epsilon) * weight).astype(np.float32)

    def rotate(self, x, start):
        """Turns the pairs (2i, 2i + 1) of [tokens, heads, width]."""
        frequency = self.base ** (-np.arange(0, self.width, 2) / self.width)
        angle = np.arange(start, start + len(x))[:, None] * frequency
        cos, sin = np.cos(angle)[:, None, :], np.sin(angle)[:, None, :]
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = np.empty_like(x)
        turned[..., 0::2] = even * cos - odd * sin
        turned[..., 1::2] = even * sin + odd * cos
        return turned

    def forward(self, tokens):
        """The logits of every position of `tokens`, which follow those in the cache."""
        start = 0 if self.cache[0] is None else len(self.cache[0][0])
        count, group = len(tokens), self.heads // self.kv_heads
        hidden_from = np.triu(np.ones((count, start + count), dtype=bool), start + 1)
        x = self.embedding[tokens]
        for index, layer in enumerate(self.layers):
            y = self.rms(x, layer["attn_norm"])
            query = self.rotate((y @ layer["attn_q"].T).reshape(count, -1, self.width), start)
            key = self.rotate((y @ layer["attn_k"].T).reshape(count, -1, self.width), start)
            value = (y @ layer["attn_v"].T).reshape(count, -1, self.width)
            if self.cache[index] is not None:
                key = np.concatenate([self.cache[index][0], key])
                value = np.concatenate([self.cache[index][1], value])
            self.cache[index] = key, value
            mixed = np.empty((count, self.heads, self.width), dtype=np.float32)
            for head in range(self.heads):
                keys, values = key[:, head // group], value[:, head // group]
                scores = query[:, head] @ keys.T / np.sqrt(self.width)
                scores = np.where(hidden_from, -np.inf, scores)
                weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
                mixed[:, head] = weights / weights.sum(axis=-1, keepdims=True) @ values
            x = x + mixed.reshape(count, -1) @ layer["attn_output"].T
            y = self.rms(x, layer["ffn_norm"])
            gate = y @ layer["ffn_gate"].T
            x = x + (gate / (1 + np.exp(-gate)) * (y @ layer["ffn_up"].T)) @ layer["ffn_down"].T
        return self.rms(x, self.norm) @ self.head.T


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("prompt")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--complete", action="store_true")
    options = parser.parse_args()

    gguf = Gguf(options.model)
    tokenizer = Tokenizer(gguf.metadata)
    end = gguf.metadata["tokenizer.ggml.eos_token_id"]
    text = options.prompt if options.complete else chat_prompt(gguf.metadata, options.prompt)
    prompt = tokenizer.encode(text)
    model = Model(gguf)
    steps, feed = [], prompt
    while len(steps) < options.max_tokens:
        logits = model.forward(feed)[-1]
        second, first = np.partition(logits, -2)[-2:]
        token = int(np.argmax(logits))
        steps.append({"id": token, "text": tokenizer.decode([token]),
                      "margin": round(float(first - second), 4)})
        if token == end:
            break
        feed = [token]
    json.dump({"prompt": prompt, "steps": steps,
               "output": tokenizer.decode([step["id"] for step in steps])},
              sys.stdout, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
