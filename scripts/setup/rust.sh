# shellcheck shell=bash
# The Rust toolchain, and a compiler for the runtime's target wasm32v1-none.
#
# rustup's own target is taken where rustup can fetch it. Where it cannot, Debian's newer compiler
# stands in: it ships the sources of core and alloc, so both are built once for wasm32v1-none into
# a sysroot of its own, and rustup gets to know the result as a toolchain of the name
# `aci-wasm`. Nothing below /usr is written.

# The oldest Rust that the workspace builds with.
rust_minimum() {
	sed -n 's/^rust-version = "\(.*\)"/\1/p' "$REPOSITORY/Cargo.toml" | head -n 1
}

# version_of RUSTC: its version number, without a channel's suffix; nothing where it does not run.
version_of() {
	{ "$1" --version 2>/dev/null </dev/null || true; } | sed -n 's/^rustc \([0-9.]*\).*/\1/p'
}

setup_rust() {
	local minimum version
	minimum=$(rust_minimum)
	if ! command -v rustup >/dev/null 2>&1; then
		missing rustup "install it as its site rustup.rs says, then run this again"
		return
	fi
	version=$(version_of rustc)
	if [ -z "$version" ] || ! version_at_least "$version" "$minimum"; then
		missing Rust "found ${version:-none}, needed is $minimum or newer: rustup toolchain install stable"
		return
	fi
	if ! cargo fmt --version >/dev/null 2>&1 </dev/null; then
		if checking || ! quietly timeout 300 rustup component add rustfmt; then
			missing rustfmt "install with: rustup component add rustfmt"
			return
		fi
	fi
	report Rust "found $version with rustfmt (needed is $minimum or newer)"
}

# Everything that the stand-in toolchain was built from; a change of any of it rebuilds.
wasm_toolchain_stamp() {
	printf 'layout 1\n'
	/usr/bin/rustc -vV 2>/dev/null </dev/null
	readlink -f "$(wasm_linker)" 2>/dev/null
}

# The major version of the LLVM in Debian's compiler; the linker is taken of the same version.
llvm_major() {
	{ /usr/bin/rustc -vV 2>/dev/null </dev/null || true; } | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p'
}

wasm_linker() {
	printf '/usr/lib/llvm-%s/bin/lld' "$(llvm_major)"
}

wasm_toolchain_is_current() {
	[ -x /usr/bin/rustc ] && [ -f "$ACI_WASM_TOOLCHAIN_DIR/stamp" ] &&
		[ "$(wasm_toolchain_stamp)" = "$(cat "$ACI_WASM_TOOLCHAIN_DIR/stamp")" ]
}

wasm_toolchain_is_linked() {
	local rustc
	rustc=$(rustup which --toolchain "$ACI_WASM_TOOLCHAIN_NAME" rustc 2>/dev/null </dev/null) &&
		[ "$(readlink -f "$rustc")" = "$(readlink -f "$ACI_WASM_TOOLCHAIN_DIR/bin/rustc")" ]
}

# Builds core, alloc and compiler_builtins and lays out the toolchain in folder $1.
# The bitcode is embedded because the runtime is linked with link-time optimisation.
build_wasm_toolchain() {
	local folder=$1 host work part
	host=$(/usr/bin/rustc -vV </dev/null | sed -n 's/^host: //p')
	work="$folder/work"
	mkdir -p "$folder/bin" "$folder/lib/rustlib/wasm32v1-none/lib" \
		"$folder/lib/rustlib/$host/bin" "$work/src"
	cat >"$work/Cargo.toml" <<-'MANIFEST'
		[package]
		name = "aci-wasm-sysroot"
		version = "0.0.0"
		edition = "2021"

		[workspace]
	MANIFEST
	printf '#![no_std]\n' >"$work/src/lib.rs"
	# -Zbuild-std is not stabilised: RUSTC_BOOTSTRAP admits it in a released compiler.
	(
		cd "$work" || exit 1
		quietly env -u CARGO_ENCODED_RUSTFLAGS -u RUSTC_WRAPPER -u CARGO_BUILD_TARGET \
			-u RUSTUP_TOOLCHAIN RUSTFLAGS=-Cembed-bitcode=yes RUSTC_BOOTSTRAP=1 \
			RUSTC=/usr/bin/rustc CARGO_TARGET_DIR="$work/target" \
			/usr/bin/cargo build --release --target wasm32v1-none -Zbuild-std=core,alloc
	) || return 1
	for part in core alloc compiler_builtins; do
		cp "$work"/target/wasm32v1-none/release/deps/lib"$part"-*.rlib \
			"$folder/lib/rustlib/wasm32v1-none/lib/" || return 1
	done
	rm -rf "$work"
	ln -s "/usr/lib/rustlib/$host/lib" "$folder/lib/rustlib/$host/lib"
	ln -s "$(wasm_linker)" "$folder/lib/rustlib/$host/bin/rust-lld"
	ln -s /usr/lib/rustlib/src "$folder/lib/rustlib/src"
	ln -s /usr/bin/cargo "$folder/bin/cargo"
	cat >"$folder/bin/rustc" <<-WRAPPER
		#!/bin/sh
		exec /usr/bin/rustc --sysroot '$ACI_WASM_TOOLCHAIN_DIR' "\$@"
	WRAPPER
	chmod 755 "$folder" "$folder/bin/rustc"
	wasm_sysroot_links "$folder" || return 1
	wasm_toolchain_stamp >"$folder/stamp"
}

# Links a module that needs alloc, with thin link-time optimisation, as the runtime is.
wasm_sysroot_links() {
	local folder=$1 status=0
	cat >"$folder/probe.rs" <<-'PROBE'
		#![no_std]
		extern crate alloc;
		use core::alloc::{GlobalAlloc, Layout};
		struct None;
		unsafe impl GlobalAlloc for None {
			unsafe fn alloc(&self, _: Layout) -> *mut u8 { core::ptr::null_mut() }
			unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
		}
		#[global_allocator]
		static ALLOCATOR: None = None;
		#[panic_handler]
		fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
		#[no_mangle]
		pub extern "C" fn probe(length: usize) -> u64 {
			(0..length as u64).collect::<alloc::vec::Vec<u64>>().iter().sum()
		}
	PROBE
	quietly /usr/bin/rustc --sysroot "$folder" --edition 2021 --crate-type cdylib \
		--target wasm32v1-none -O -Clto=thin -Cpanic=abort \
		-o "$folder/probe.wasm" "$folder/probe.rs" || status=$?
	rm -f "$folder/probe.rs" "$folder/probe.wasm"
	return "$status"
}

setup_wasm() {
	local item="wasm target" minimum version new linker
	minimum=$(rust_minimum)
	command -v rustup >/dev/null 2>&1 || return 0
	if aci_active_toolchain_has_wasm; then
		report "$item" "found in the active toolchain"
		return
	fi
	if wasm_toolchain_is_current && wasm_toolchain_is_linked; then
		report "$item" "found in the toolchain $ACI_WASM_TOOLCHAIN_NAME (Debian's Rust $(version_of /usr/bin/rustc))"
		return
	fi
	if checking; then
		missing "$item" "neither rustup's wasm32v1-none nor a current toolchain $ACI_WASM_TOOLCHAIN_NAME: run scripts/setup.sh"
		return
	fi
	if ! wasm_toolchain_is_current; then
		if timeout 120 rustup target add wasm32v1-none >/dev/null 2>&1 </dev/null &&
			aci_active_toolchain_has_wasm; then
			report "$item" "added by rustup"
			return
		fi
		report "$item" "rustup could not fetch it, using Debian's newer compiler"
		version=$(version_of /usr/bin/rustc)
		if [ -z "$version" ] || ! version_at_least "$version" "$minimum" ||
			[ ! -x /usr/bin/cargo ] || [ ! -f /usr/lib/rustlib/src/rust/library/core/src/lib.rs ]; then
			install_packages "$item" rustc-web cargo-web rust-web-src || return 0
			version=$(version_of /usr/bin/rustc)
		fi
		if [ -z "$version" ] || ! version_at_least "$version" "$minimum"; then
			missing "$item" "Debian's compiler is ${version:-none}, needed is $minimum or newer"
			return
		fi
		linker=$(wasm_linker)
		if [ ! -x "$linker" ]; then
			install_packages "$item" "lld-$(llvm_major)" || return 0
		fi
		mkdir -p "$(dirname "$ACI_WASM_TOOLCHAIN_DIR")"
		new=$(mktemp -d "$ACI_WASM_TOOLCHAIN_DIR.XXXXXX")
		TEMPORARY+=("$new")
		if ! build_wasm_toolchain "$new"; then
			missing "$item" "core and alloc could not be built with Debian's compiler (its output is above)"
			return
		fi
		rm -rf "$ACI_WASM_TOOLCHAIN_DIR"
		mv "$new" "$ACI_WASM_TOOLCHAIN_DIR"
	fi
	if ! wasm_toolchain_is_linked &&
		! quietly rustup toolchain link "$ACI_WASM_TOOLCHAIN_NAME" "$ACI_WASM_TOOLCHAIN_DIR"; then
		missing "$item" "run: rustup toolchain link $ACI_WASM_TOOLCHAIN_NAME $ACI_WASM_TOOLCHAIN_DIR"
		return
	fi
	report "$item" "made the toolchain $ACI_WASM_TOOLCHAIN_NAME from Debian's Rust $(version_of /usr/bin/rustc)"
}
