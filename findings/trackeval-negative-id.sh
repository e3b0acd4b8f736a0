#!/usr/bin/env bash
# TrackEval takes an id of -1 for the highest id of the file.
#
# Guess:  rows with id -1 (no track yet) are left out, kept apart, or refused.
# Seen:   the id is an index into an array, and -1 is its last entry: the boxes of no track join
#         the track with the highest id. Scores change with the numbering of the other tracks.
#         The evaluator of roboflow's `trackers` leaves such rows out, so the two disagree on a
#         file that the command line of `trackers` writes (it gives young tracks the id -1).
# Why:    tracker output with -1 is common, and the score it gets is plausible.
# With:   trackeval 1.3.0, trackers 2.6.1, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    trackeval==1.3.0 trackers==2.6.1 supervision==0.31.2 numpy==2.4.6 scipy==1.17.1; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" - <<'PY'
import contextlib, io, os, sys
import trackeval
from trackers.eval import evaluate_mot_sequence

def row(frame, track, left):
    return f'{frame},{track},{left},10,30,60,1,1,1\n'

def idf1_of_trackeval(tracks, frames=6):
    os.makedirs('gt/S/gt', exist_ok=True)
    os.makedirs('tracks/T/data', exist_ok=True)
    open('gt/S/gt/gt.txt', 'w').write(truth)
    open('tracks/T/data/S.txt', 'w').write(tracks)
    with contextlib.redirect_stdout(io.StringIO()):
        data = trackeval.datasets.MotChallenge2DBox({
            'GT_FOLDER': 'gt', 'TRACKERS_FOLDER': 'tracks', 'SKIP_SPLIT_FOL': True,
            'SEQ_INFO': {'S': frames}})
        data = data.get_preprocessed_seq_data(data.get_raw_seq_data('T', 'S'), 'pedestrian')
        return round(float(trackeval.metrics.Identity().eval_sequence(data)['IDF1']), 3)

def idf1_of_trackers():
    result = evaluate_mot_sequence('gt/S/gt/gt.txt', 'tracks/T/data/S.txt', metrics=['Identity'])
    return round(result.Identity.IDF1, 3)

truth = ''.join(row(f, 1, 10) for f in (1, 2, 3)) + ''.join(row(f, 2, 300) for f in (4, 5, 6))
first = ''.join(row(f, 1, 10) for f in (1, 2, 3))
second = ''.join(row(f, -1, 300) for f in (4, 5, 6))
two = idf1_of_trackeval(first + second)            # two people, the second without a track
left_out = idf1_of_trackers()
one = idf1_of_trackeval(first.replace(',1,10,', ',7,10,') + second.replace(',-1,', ',7,'))
print('expected: IDF1 of id -1 is that of rows left out, 0.667, in both')
print(f'seen: TrackEval {two}, trackers {left_out}; TrackEval with one id for both people {one}')
sys.exit(0 if (two, left_out, one) == (0.5, 0.667, 0.5) else 1)
PY
