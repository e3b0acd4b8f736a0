#!/usr/bin/env bash
# From a bare Python to tracked video and metrics: install what is missing, then run the demo.
#
#     bash tools/quickstart.sh [arguments of tools/demo.py]
#
# See tools/install.sh for where things are installed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/install.sh"

install_everything
cd "$ROOT"
exec "$PYTHON" tools/demo.py "$@"
