#!/usr/bin/env bash
# EdgeFirst's ByteTrack refuses the label type that its own quick start uses.
#
# Guess:  labels as numpy.intp (the quick start) or any whole-number type are taken.
# Seen:   only unsigned 64-bit labels are taken. Signed ones, what numpy gives and detectors
#         return, end in "'ndarray' object is not an instance of 'ndarray'".
# Why:    the message hides that the cause is the type of one column; the fix is one cast.
# With:   edgefirst-tracker 0.38.0, numpy 2.4.6, Python 3.11, Linux on x86-64.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    edgefirst-tracker==0.38.0 numpy==2.4.6; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" - <<'PY'
import sys
import numpy as np
from edgefirst.tracker import ByteTrack

def answer(kind):
    box, score = np.array([[0.1, 0.2, 0.3, 0.4]], np.float32), np.array([0.9], np.float32)
    try:
        return len(ByteTrack().update(box, score, np.array([0], kind), 0))
    except TypeError as error:
        return str(error).splitlines()[0]

kinds = (np.intp, np.int32, np.uint32, np.uint64)
seen = [answer(kind) for kind in kinds]
for kind, result in zip(kinds, seen):
    print(f'labels as {kind.__name__}: expected 1 track, seen {result}')
refused = "'ndarray' object is not an instance of 'ndarray'"
sys.exit([str(each).startswith(refused) for each in seen] != [True, True, True, False])
PY
