#!/usr/bin/env bash
# Builds the contract of the golden vectors to WebAssembly: `aivm/vectors/build.sh OUTPUT_FILE`.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../scripts/env.sh
. "$ROOT/../../scripts/env.sh"

target="$CARGO_TARGET_DIR/contracts"
if [ -n "${WASM_BUILD_TOOLCHAIN:-}" ]; then
	export RUSTUP_TOOLCHAIN="$WASM_BUILD_TOOLCHAIN"
fi
RUSTFLAGS="-C link-arg=-zstack-size=65536 -C link-arg=--strip-all" \
	cargo build --manifest-path "$ROOT/Cargo.toml" --locked --release \
	--target wasm32v1-none --target-dir "$target"
cp "$target/wasm32v1-none/release/vectors.wasm" "${1:?usage: aivm/vectors/build.sh OUTPUT_FILE}"
