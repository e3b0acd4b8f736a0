#!/usr/bin/env bash
# Datumaro's MOT format loses the track with id 0, renumbers the others, and counts classes anew.
#
# Guess:  gt.txt read and written again is the same gt.txt; a dataset of people written as MOT
#         has people in class 1, the only class that MOT scorers look at.
# Seen:   id 0 (the first id of many tools) means "no track" to the reader, and is written as -1.
#         Other ids are numbered anew by first appearance, 7 before 3 becoming 1 and 2. The class
#         is the position in the dataset's own list of labels: of (car, person), cars become
#         class 1, and people class 2, "person on vehicle", whom TrackEval forgives as a
#         distractor. So perfect tracks of the people count for nothing and the cars are missed.
#         A file with class 13 of MOT20 (crowd) cannot be read at all.
# Why:    truth edited in an annotation tool no longer fits the ids and classes of the original.
# With:   datumaro 1.13.12, trackeval 1.3.0, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pip() { "$work/env/bin/pip" install -qq --no-compile "$@"; }
if ! { "${PYTHON:-python3}" -m venv "$work/env" && pip datumaro==1.13.12 numpy==2.4.6 &&
  pip --no-deps trackeval==1.3.0 scipy==1.17.1 tabulate==0.10.0; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" -W ignore - <<'PY'
import contextlib, io, os, sys
import trackeval
from datumaro import Dataset
from datumaro.components.annotation import Bbox
from datumaro.components.dataset_base import DatasetItem

def write(folder, text):
    os.makedirs(f'{folder}/gt')
    open(f'{folder}/gt/gt.txt', 'w').write(text)

def exported(dataset, folder):
    dataset.export(folder, 'mot_seq_gt')
    return [line.split(',') for line in open(f'{folder}/gt/gt.txt')]

write('plain', '1,7,10,20,30,60,1,1,1\n1,0,110,20,30,60,1,1,1\n'
               '2,3,10,20,30,60,1,1,1\n2,7,12,20,30,60,1,1,1\n')
ids = [int(row[1]) for row in exported(Dataset.import_from('plain', 'mot_seq'), 'again')]
print(f'ids 7, 0, 3, 7 read and written: expected the same, seen {ids}')

person = Bbox(10, 20, 30, 60, label=1, attributes={'track_id': 1})
car = Bbox(200, 20, 80, 60, label=0, attributes={'track_id': 2})
own = Dataset.from_iterable(
    [DatasetItem(id=str(f), annotations=[person, car]) for f in (1, 2)],
    categories=['car', 'person'])
classes = [int(row[7]) for row in exported(own, 'gt/S')][:2]
print(f'class of the person and of the car: expected 1 and 3, seen {classes}')

os.makedirs('tracks/T/data')
open('tracks/T/data/S.txt', 'w').write('1,1,10,20,30,60,1\n2,1,10,20,30,60,1\n')
with contextlib.redirect_stdout(io.StringIO()):
    data = trackeval.datasets.MotChallenge2DBox({
        'GT_FOLDER': 'gt', 'TRACKERS_FOLDER': 'tracks', 'SKIP_SPLIT_FOL': True,
        'SEQ_INFO': {'S': 2}})
    data = data.get_preprocessed_seq_data(data.get_raw_seq_data('T', 'S'), 'pedestrian')
    clear = trackeval.metrics.CLEAR().eval_sequence(data)
tp, fp, fn = (int(clear[f'CLR_{x}']) for x in ('TP', 'FP', 'FN'))
print(f'perfect tracks of the person: expected TP 2, FP 0, FN 0, seen TP {tp}, FP {fp}, FN {fn}')

write('crowd', '1,1,10,20,30,60,0,13,1\n')
try:
    Dataset.import_from('crowd', 'mot_seq')
    crowd = 'read'
except Exception as error:
    crowd = type(error).__name__
print(f'class 13: expected to be read, seen {crowd}')
sys.exit((ids, classes, (tp, fp, fn), crowd) != (
    [1, -1, 2, 1], [2, 1], (0, 0, 2), 'DatasetImportError'))
PY
