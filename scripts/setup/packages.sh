# shellcheck shell=bash
# Programs that the build, the scripts and the application tests need, from Debian's packages.
#
# A program counts as there when it runs, wherever it came from: only what does not run is
# installed. Neither clang nor libclang is among them, as no dependency runs bindgen.

# One line per program: its name, the package that has it, the command that proves that it works,
# what needs it.
BUILD_PROGRAMS="
cc|gcc|cc --version|C in dependencies (ring, secp256k1, zstd, lz4), and linking
c++|g++|c++ --version|C++ in dependencies (wasm-opt, tokenizers)
make|make|make --version|OpenSSL, built from source by litep2p's dependency
perl|perl|perl -MFindBin -MIPC::Cmd -e 1|OpenSSL's configuration script
protoc|protobuf-compiler|protoc --version|network message definitions
mold|mold|mold --version|linking, see .cargo/config.toml
git|git|git --version|the commit in the version that the node prints
python3|python3|python3 --version|scripts
"

setup_build_programs() {
	local name package test reason absent=() packages=()
	while IFS='|' read -r name package test reason; do
		[ -n "$name" ] || continue
		# shellcheck disable=SC2086 # the test is a command with its arguments
		if ! $test >/dev/null 2>&1 </dev/null; then
			absent+=("$name")
			packages+=("$package")
			report "$name" "not found (needed for: $reason)"
		fi
	done <<<"$BUILD_PROGRAMS"
	if [ ! -e /etc/ssl/certs/ca-certificates.crt ] && command -v apt-get >/dev/null 2>&1; then
		absent+=(certificates)
		packages+=(ca-certificates)
		report certificates "not found (needed for: downloads)"
	fi
	if [ "${#absent[@]}" -eq 0 ]; then
		report "build programs" "found ($(cut -s -d '|' -f 1 <<<"$BUILD_PROGRAMS" | paste -s -d ' '))"
	elif install_packages "build programs" "${packages[@]}"; then
		report "build programs" "installed ${packages[*]}"
	fi
}

# The JavaScript libraries that the application tests use need Node.js 18, which is Debian 12's.
NODE_MAJOR_MINIMUM=18

# Prints nothing where there is no Node.js.
node_major() {
	{ node --version 2>/dev/null </dev/null || true; } | sed -n 's/^v\([0-9]*\)\..*/\1/p'
}

setup_node() {
	local major
	major=$(node_major)
	if [ "${major:-0}" -ge "$NODE_MAJOR_MINIMUM" ] && npm --version >/dev/null 2>&1 </dev/null; then
		report "Node.js" "found $(node --version) with npm $(npm --version </dev/null)"
		return
	fi
	install_packages "Node.js" nodejs npm || return 0
	major=$(node_major)
	if [ "${major:-0}" -ge "$NODE_MAJOR_MINIMUM" ]; then
		report "Node.js" "installed $(node --version) with npm $(npm --version </dev/null)"
	else
		missing "Node.js" "apt-get gave version ${major:-none}: version $NODE_MAJOR_MINIMUM or newer is needed"
	fi
}
