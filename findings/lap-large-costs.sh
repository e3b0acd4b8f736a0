#!/usr/bin/env bash
# lap.lapjv is not optimal once costs exceed a million, and does not say so.
#
# Guess:  an exact solver is exact at any scale, as scipy's is. A cost of 1e7 or 1e9 is how
#         forbidden pairs are marked where inf is not allowed.
# Seen:   random square matrices, uniform up to 1e6: 200 of 200 optimal. Up to 1e7: nearly half
#         of them are not, and cost up to 1.9 times the optimum. No warning, and the returned cost
#         belongs to the assignment returned. lapx 0.11.1, which installs the same module
#         `lap`, is right; installed after lap, it replaces it.
# Why:    squared pixels, gating costs and "infinite" fillers reach that size in trackers.
# With:   lap 0.5.13, lapx 0.11.1, scipy 1.17.1, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
install() {
  "${PYTHON:-python3}" -m venv "$work/$1" &&
    "$work/$1/bin/pip" install -qq --no-compile "$2" numpy==2.4.6 scipy==1.17.1
}
if ! { install first lap==0.5.13 && install second lapx==0.11.1; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cat > "$work/check.py" <<'PY'
import lap
import numpy as np
from scipy.optimize import linear_sum_assignment

for scale in (1.0, 1e6, 1e7, 1e9):
    rng, wrong, worst = np.random.default_rng(0), 0, 1.0
    for _ in range(200):
        cost = rng.random((8, 8)) * scale
        columns = lap.lapjv(cost)[1]
        best = cost[linear_sum_assignment(cost)].sum()
        ratio = cost[np.arange(8), columns].sum() / best
        wrong, worst = wrong + (ratio > 1 + 1e-9), max(worst, ratio)
    print(f'{lap.__version__} costs up to {scale:.0e}: expected 0 of 200 above the optimum, '
          f'seen {wrong}, up to {worst:.2f} times')
PY
"$work/first/bin/python" "$work/check.py" | tee "$work/lap.txt"
"$work/second/bin/python" "$work/check.py" | tee "$work/lapx.txt"
counts() { grep -o 'seen [0-9]*' "$1" | tr -dc '0-9\n' | tr '\n' ' '; }
read -r one million ten billion <<< "$(counts "$work/lap.txt")"
[ "$one $million" = '0 0' ] && [ "$ten" -gt 0 ] && [ "$billion" -gt 0 ] &&
  [ "$(counts "$work/lapx.txt")" = '0 0 0 0 ' ]
