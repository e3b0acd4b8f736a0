#!/usr/bin/env bash
# From a bare Python to tracked video and metrics: install what is missing, then run the demo.
#
#     bash tools/quickstart.sh [arguments of tools/demo.py]
#
# See tools/install.sh for where things are installed. Relative paths among the arguments, and the
# demo's own outputs/, belong to the folder that this is called from.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/install.sh"

install_everything
exec "$PYTHON" "$ROOT/tools/demo.py" "$@"
