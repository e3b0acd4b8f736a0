#!/usr/bin/env bash
# motmetrics' reader drops, shifts or refuses rows that every other MOT reader takes.
#
# Guess:  6 columns (no confidence) are read with a default confidence; a comma at the end of a
#         row and a blank after each comma, as in the format's published examples, are harmless.
# Seen:   6 columns: 0 rows, silently (a missing confidence is NaN, and NaN >= -1 is false); of
#         a file that mixes 6 and 10 columns, the short rows vanish. 10 columns and a last comma:
#         everything moves two columns, so X and Y are the width and height less one. 10 columns
#         with ", ": an error about 19 fields. 6 columns with ", ": one row of wrong numbers.
# Why:    a score over boxes that were silently lost or moved is still a number.
# With:   motmetrics 1.4.0, pandas 2.3.3, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    motmetrics==1.4.0 numpy==1.26.4 pandas==2.3.3; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" -W ignore - <<'PY'
import sys
import motmetrics

def read(text):
    open('S.txt', 'w').write(text)
    try:
        table = motmetrics.io.loadtxt('S.txt')
    except Exception as error:
        return type(error).__name__
    boxes = table[['X', 'Y', 'Width', 'Height']].values.tolist()
    return [[*index, *box] for index, box in zip(table.index, boxes)]

plain = '1,7,10,20,30,60,1,-1,-1,-1\n'
expected = [[1, 7, 9, 19, 30, 60]]
short = '1,7,10,20,30,60\n'
seen = {
    '10 columns': read(plain),
    '6 columns': read(short),
    '10 columns, then 6': read(plain + short.replace('1,7', '2,7')),
    '10 columns and a last comma': read(plain.replace('\n', ',\n')),
    '10 columns with blanks': read(plain.replace(',', ', ')),
    '6 columns with blanks': str(read(short.replace(',', ', '))),
}
for case, rows in seen.items():
    print(f'{case}: expected {expected}, seen {rows}')
sys.exit(list(seen.values()) != [
    expected, [], expected, [[1, 7, 29, 59, 1, -1]], 'ParserError',
    '[[1, nan, 9.0, nan, 20.0, nan]]'])
PY
