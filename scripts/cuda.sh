#!/usr/bin/env bash
# Fetches what is needed to compile and link for NVIDIA GPUs where CUDA is not installed. See --help.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
FOLDER=${ACI_CUDA:-${XDG_CACHE_HOME:-$HOME/.cache}/aci/cuda}

usage() {
	cat <<-USAGE
		usage: scripts/cuda.sh [--help]

		Fetches CUDA's compiler and headers (scripts/cuda.requirements: Python packages of
		NVIDIA, fixed by SHA-256) into \$ACI_CUDA, by default ~/.cache/aci/cuda, and makes
		libraries to link with that have the names of CUDA's and no code. Then it prints the
		variables to set for \`cargo build --features cuda\`. Python 3 with pip, gcc and about
		300 MB are needed, no GPU and no root.

		What is built runs where the driver and CUDA's libraries of major version 13 are.
	USAGE
}

case "${1:-}" in
--help)
	usage
	exit 0
	;;
"") ;;
*)
	usage >&2
	exit 2
	;;
esac

toolkit=$FOLDER/nvidia/cu13

# The names that the program asks a library for: those that cudarc, candle's binding, declares.
names() {
	local source
	source=$(cargo metadata --format-version 1 --offline --locked \
		--manifest-path "$SCRIPTS/../Cargo.toml" --features aci-engine/cuda |
		python3 -c 'import json, pathlib, sys
for package in json.load(sys.stdin)["packages"]:
    if package["name"] == "cudarc":
        print(pathlib.Path(package["manifest_path"]).parent)')
	grep -ohE "\bfn $2[A-Za-z0-9_]+\(" "$source/src/$1/sys/mod.rs" | sed 's/^fn //; s/($//' | sort -u
}

# A library without code: FILE SONAME MODULE PREFIX.
stub() {
	names "$3" "$4" | sed 's/.*/void &(void) {}/' |
		gcc -shared -fPIC -x c -Wl,-soname,"$2" -o "$toolkit/lib/stubs/$1" -
}

if [ ! -f "$FOLDER/complete" ]; then
	mkdir -p "$FOLDER"
	python3 -m pip install --quiet --no-deps --require-hashes --only-binary=:all: --upgrade \
		--target "$FOLDER" --requirement "$SCRIPTS/cuda.requirements" >&2
	mkdir -p "$toolkit/lib/stubs"
	ln -sf libcudart.so.13 "$toolkit/lib/libcudart.so"
	stub libcuda.so libcuda.so.1 driver cu
	stub libcublas.so libcublas.so.13 cublas cublas
	stub libcublasLt.so libcublasLt.so.13 cublaslt cublasLt
	stub libcurand.so libcurand.so.10 curand curand
	stub libnvrtc.so libnvrtc.so.13 nvrtc nvrtc
	touch "$FOLDER/complete"
fi

# The reader's shell is to expand it.
# shellcheck disable=SC2016
printf 'export CUDA_HOME=%s PATH=%s:$PATH\n' "$toolkit" "$toolkit/bin"
printf 'export LIBRARY_PATH=%s:%s/stubs\n' "$toolkit/lib" "$toolkit/lib"
