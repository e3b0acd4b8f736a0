#!/usr/bin/env bash
# Set up everything mmmaml needs, in the order in which it works:
#
#     bash tools/install.sh [--tests]
#
# Installs into the active virtual environment, or into .venv, which is made when there is none.
# What is there already is kept, a torch of any build included: to choose a build (another CUDA,
# CPU only), install it first. Repeating it is safe and takes seconds. --tests adds what
# tools/run_tests.sh needs.
#
# From the environment: PYTHON, the interpreter that makes .venv; MAX_JOBS, compilers at a time;
# CFLAGS, how mmcv is compiled.
#
# quickstart.sh and run_tests.sh source this file and call install_everything, which leaves the
# interpreter of the environment in PYTHON.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
TORCH_VERSION=2.13.0
MIN_PYTHON=3.10
STEP=0
STEPS=10
TICKER=

# Optimising mmcv's operators at -O2 with debug information takes 8 minutes on 2 cores, this 5.
# They stay fast: on one core, roi_align of 40 boxes in 256 channels takes 15 ms, nms of 1000
# boxes 1.2 ms.
MMCV_CFLAGS="${CFLAGS:--g0 -O1}"

fail() {
    printf '\nERROR: %s\n' "$*" >&2
    exit 1
}

stop_ticker() {
    if [ -n "$TICKER" ]; then
        kill "$TICKER" 2>/dev/null || true
        wait "$TICKER" 2>/dev/null || true
    fi
    TICKER=
}

# Show that a long step is alive: every second on a terminal, every minute in a log.
start_ticker() {
    local title="$1" start="$SECONDS" every=60 parent="$$"
    [ -t 1 ] && every=1
    (
        while sleep "$every" >/dev/null 2>&1 && kill -0 "$parent" 2>/dev/null; do
            if [ -t 1 ]; then
                printf '\r%s ... %d s ' "$title" "$((SECONDS - start))"
            else
                printf '%s ... %d s so far\n' "$title" "$((SECONDS - start))"
            fi
        done
    ) </dev/null &
    TICKER=$!
}

# begin TITLE: count a step and name it.
begin() {
    STEP=$((STEP + 1))
    TITLE="[$STEP/$STEPS] $1"
}

skip() {
    printf '%s: %s\n' "$TITLE" "$1"
}

# run HINT COMMAND...: run a step's command quietly; show the end of its log when it fails.
run() {
    local hint="$1" start="$SECONDS" status=0
    shift
    [ -t 1 ] && printf '%s ...' "$TITLE"
    [ -t 1 ] || printf '%s ...\n' "$TITLE"
    start_ticker "$TITLE"
    "$@" >"$LOG" 2>&1 </dev/null || status=$?
    stop_ticker
    [ -t 1 ] && printf '\r'
    if [ "$status" -ne 0 ]; then
        printf '%s: failed after %d s\n\n' "$TITLE" "$((SECONDS - start))"
        printf 'Last lines of %s:\n' "$LOG" >&2
        tail -n 25 "$LOG" | sed 's/^/    /' >&2
        fail "step $TITLE failed. $hint"
    fi
    printf '%s: done in %d s\n' "$TITLE" "$((SECONDS - start))"
}

python_is_new_enough() {
    "$1" -c "import sys; sys.exit(sys.version_info < (${MIN_PYTHON/./, }))" 2>/dev/null
}

# Leave an interpreter that can make an environment in PYTHON.
choose_base_python() {
    local candidate found= without_venv=
    for candidate in ${PYTHON:-} python3 python3.12 python3.11 python3.13 python3.10 python; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        found="$found, $candidate $("$candidate" -c \
            'import platform; print(platform.python_version())' 2>/dev/null || echo 'does not run')"
        python_is_new_enough "$candidate" || continue
        if "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            PYTHON="$candidate"
            return
        fi
        without_venv="$candidate"
    done
    [ -n "$without_venv" ] && fail "$without_venv has no venv module. Install it (Debian, Ubuntu:" \
        "apt install python3-venv), or activate a virtual environment, and run this again."
    found="${found#, }"
    fail "Python $MIN_PYTHON or newer is needed; found: ${found:-none}. Install one, or set" \
        'PYTHON to its path, or activate an environment that has one, and run this again.'
}

# Leave the interpreter of the environment to install into in PYTHON.
use_environment() {
    begin 'environment'
    if [ -n "${VIRTUAL_ENV:-}" ] && [ -x "$VIRTUAL_ENV/bin/python" ]; then
        PYTHON="$VIRTUAL_ENV/bin/python"
    elif [ -n "${CONDA_PREFIX:-}" ] && [ "${CONDA_DEFAULT_ENV:-base}" != base ]; then
        PYTHON="$CONDA_PREFIX/bin/python"
    elif "$ROOT/.venv/bin/python" -m pip --version >/dev/null 2>&1; then
        PYTHON="$ROOT/.venv/bin/python"
    else
        choose_base_python
        run 'Remove the folder .venv and run this again.' \
            "$PYTHON" -m venv --clear "$ROOT/.venv"
        PYTHON="$ROOT/.venv/bin/python"
        return
    fi
    python_is_new_enough "$PYTHON" || fail "$PYTHON is $("$PYTHON" --version 2>&1), but Python" \
        "$MIN_PYTHON or newer is needed. Deactivate it (or remove .venv) and run this again."
    if "$PYTHON" -m pip --version >/dev/null 2>&1; then
        skip "using $PYTHON"
    else
        run "Install pip into $PYTHON and run this again." "$PYTHON" -m ensurepip
    fi
}

missing() {
    "$PYTHON" "$ROOT/tools/missing_requirements.py" "$@"
}

pip_install() {
    "$PYTHON" -m pip install --disable-pip-version-check --no-input --progress-bar off \
        -c "$ROOT/requirements/constraints.txt" "$@"
}

# install TITLE REQUIREMENTS ARGUMENTS...: a step that installs unless REQUIREMENTS are met.
install() {
    local requirements="$2"
    begin "$1"
    shift 2
    if missing "$requirements" >/dev/null; then
        skip 'already there'
    else
        run "$NETWORK_HINT" pip_install "$@"
    fi
}

NETWORK_HINT='Check the network connection and the free disk space (the whole environment is 2 GB)
and run this again; it goes on where it stopped.'
BUILD_HINT='mmcv is compiled here. If the log says "Killed" or that memory ran out, run this again
with MAX_JOBS=1; if it names a missing header, install the development files of Python.'

install_torch() {
    begin "torch $TORCH_VERSION"
    if "$PYTHON" -c 'import importlib.metadata as m; m.version("torch")' 2>/dev/null; then
        skip "keeping $("$PYTHON" -c 'import importlib.metadata as m; print(m.version("torch"))')"
    else
        run "$NETWORK_HINT" pip_install "torch==$TORCH_VERSION"
    fi
}

# Fail before anything large is downloaded when mmcv could not be compiled.
require_compiler() {
    local compiler
    for compiler in ${CXX:-} c++ g++ clang++; do
        command -v "$compiler" >/dev/null 2>&1 && break
        compiler=
    done
    [ -n "$compiler" ] || fail 'a C++ compiler is needed to build mmcv, and none was found. Install' \
        'one (Debian, Ubuntu: apt install g++; macOS: xcode-select --install) and run this again.'
    export CXX="$compiler"
    "$PYTHON" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' ||
        fail "Python.h, which building mmcv needs, is not there for $PYTHON. Install the" \
            'development files of Python (Debian, Ubuntu: apt install python3-dev).'
}

# A compiler needs up to 2 GB.
parallel_jobs() {
    "$PYTHON" -c 'import os, psutil
print(max(1, min(os.cpu_count() or 1, psutil.virtual_memory().available // 2**31)))'
}

build_mmcv() {
    CFLAGS="$MMCV_CFLAGS" MAX_JOBS="${MAX_JOBS:-$(parallel_jobs)}" \
        pip_install --no-build-isolation "$1"
}

install_openmmlab() {
    local requirement
    while read -r requirement; do
        case "$requirement" in
            onedl-mmcv*)
                begin "$requirement"
                if missing "$requirement" >/dev/null; then
                    skip 'already there'
                else
                    TITLE="$TITLE (compiled, 5 minutes or more, unless pip kept the wheel)"
                    run "$BUILD_HINT" build_mmcv "$requirement"
                fi
                ;;
            *) install "$requirement" "$requirement" --no-build-isolation "$requirement" ;;
        esac
    done < <(sed 's/ *#.*//; /^$/d' "$ROOT/requirements/mminstall.txt")
}

# Editable, so that tools and configs find the package of this checkout.
install_package() {
    begin 'mmmaml'
    if (cd / && "$PYTHON" -c 'import os, sys, mmmaml
sys.exit(not os.path.samefile(os.path.dirname(mmmaml.__file__), sys.argv[1]))' \
        "$ROOT/mmmaml" 2>/dev/null); then
        skip 'already there'
    else
        run "$NETWORK_HINT" pip_install --no-deps --no-build-isolation -e "$ROOT"
    fi
}

# install_everything [--tests]
install_everything() {
    local requirements="$ROOT/requirements" clash
    STEPS=10
    [ "${1:-}" = --tests ] && STEPS=12
    unset PIP_USER
    LOG="$(mktemp "${TMPDIR:-/tmp}/mmmaml-install.XXXXXX")"
    trap stop_ticker EXIT

    use_environment
    clash="$(missing "$requirements/mminstall.txt" 2>&1 >/dev/null)" || [ $? -ne 2 ] ||
        fail "$clash"
    missing onedl-mmcv >/dev/null || require_compiler
    install 'build tools' "$requirements/build.txt" -r "$requirements/build.txt"
    install_torch
    install 'libraries' "$requirements/runtime.txt" -r "$requirements/runtime.txt"
    install 'libraries of OpenMMLab' "$requirements/openmmlab.txt" -r "$requirements/openmmlab.txt"
    install_openmmlab
    install 'mmtrack and mmcls' "$requirements/nodeps.txt" --no-deps -r "$requirements/nodeps.txt"
    [ "${1:-}" = --tests ] &&
        install 'test tools' "$requirements/tests.txt" -r "$requirements/tests.txt"
    [ "${1:-}" = --tests ] &&
        install 'page builder' "$requirements/docs.txt" -r "$requirements/docs.txt"
    install_package
    "$PYTHON" -m mmmaml.env >"$LOG" 2>&1 || {
        cat "$LOG" >&2
        fail 'the environment is not one that mmmaml works in: see the table above.'
    }
    rm -f "$LOG"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -euo pipefail
    install_everything "$@"
    printf 'Ready in %d s: %s\n' "$SECONDS" "$PYTHON"
fi
