#!/usr/bin/env bash
# Install what is missing, then run all checks: lint, format, types, layers, spelling, pages,
# tests.
#
#     bash tools/run_tests.sh [arguments of pytest]
#
# All of them run, also when an earlier one fails; the exit status is 0 when none did.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/install.sh"

FAILED=

# check NAME COMMAND...: run a check and remember whether it failed.
check() {
    local name="$1" start="$SECONDS"
    shift
    printf '\n== %s\n' "$name"
    "$@" </dev/null || FAILED="$FAILED $name"
    printf '== %s: %d s\n' "$name" "$((SECONDS - start))"
}

install_everything --tests
cd "$ROOT"
check lint "$PYTHON" -m ruff check .
check format "$PYTHON" -m ruff format --check .
check types "$PYTHON" -m mypy
check layers "${PYTHON%/*}/lint-imports" --no-cache
check spelling "$PYTHON" -m codespell_lib
check docs "$PYTHON" -m mkdocs build --strict
check tests "$PYTHON" -m pytest "$@"
[ -z "$FAILED" ] || fail "failed:$FAILED"
printf '\nAll checks passed in %d s.\n' "$SECONDS"
