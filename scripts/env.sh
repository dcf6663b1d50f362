# shellcheck shell=sh
# Environment of every script here and of a developer's shell. Source it: `. scripts/env.sh`.
#
# It sets, each only where it is not set already:
#   CARGO_TARGET_DIR      where everything is built; one folder, outside the working tree, so that
#                         clones share it
#   ACI_MODELS            where the models are that tests and examples run
#   WASM_BUILD_TOOLCHAIN  the rustup toolchain that compiles the runtime to WebAssembly; set only
#                         where the active toolchain has no wasm32v1-none target and
#                         scripts/setup.sh has made the toolchain that stands in for it
# and puts rustup's programs on PATH where they are not there.
#
# It prints nothing, and works in any POSIX shell, also under `set -eu`.

if ! command -v rustup >/dev/null 2>&1 && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/rustup" ]; then
	PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
	export PATH
fi

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/aci-target}"
export ACI_MODELS="${ACI_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/aci/models}"

# The folder of the stand-in toolchain, and the name that rustup knows it by.
ACI_WASM_TOOLCHAIN_DIR="${ACI_WASM_TOOLCHAIN_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/aci/wasm-toolchain}"
ACI_WASM_TOOLCHAIN_NAME=aci-wasm

# Exit status 0 when the active toolchain itself can build for the runtime's target.
# `rustc` names the folder of a target whether or not it is there.
aci_active_toolchain_has_wasm() {
	aci_wasm_libdir=$(rustc --print target-libdir --target wasm32v1-none 2>/dev/null) || return 1
	[ -d "$aci_wasm_libdir" ]
}

if [ -z "${WASM_BUILD_TOOLCHAIN:-}" ] &&
	[ -f "$ACI_WASM_TOOLCHAIN_DIR/stamp" ] &&
	! aci_active_toolchain_has_wasm; then
	export WASM_BUILD_TOOLCHAIN="$ACI_WASM_TOOLCHAIN_NAME"
fi
