#!/usr/bin/env bash
# Builds the example contracts to WebAssembly. Prints where each module lies and its size.
#
#   aivm/build.sh [OUTPUT_FOLDER]
#
# The default is the folder contracts/ of cargo's target folder, or ACI_CONTRACTS where it is set.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../scripts/env.sh
. "$ROOT/../scripts/env.sh"

target="$CARGO_TARGET_DIR/contracts"
output="${1:-${ACI_CONTRACTS:-$target/modules}}"
mkdir -p "$output"
if [ -n "${WASM_BUILD_TOOLCHAIN:-}" ]; then
	export RUSTUP_TOOLCHAIN="$WASM_BUILD_TOOLCHAIN"
fi
# One megabyte of stack is rustc's default and would be zeroed and paid for at every call.
RUSTFLAGS="-C link-arg=-zstack-size=32768 -C link-arg=--strip-all" \
	cargo build --manifest-path "$ROOT/Cargo.toml" --locked --release \
	--target wasm32v1-none --target-dir "$target" -p marketplace -p classifier -p questions
for contract in marketplace classifier questions; do
	cp "$target/wasm32v1-none/release/$contract.wasm" "$output/"
	printf '%s %s bytes\n' "$output/$contract.wasm" "$(stat -c %s "$output/$contract.wasm")"
done
