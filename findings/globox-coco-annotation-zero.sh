#!/usr/bin/env bash
# The first box of globox's COCO file counts as a false positive, however well it is detected.
#
# Guess:  ground truth written by one package as COCO and scored by pycocotools: detections equal
#         to it have an average precision of 100 %.
# Seen:   25 %, for two boxes. globox numbers annotations from 0, and pycocotools keeps the id of
#         the matched annotation in an array of zeros, so that a match with annotation 0 is none:
#         one box becomes a false positive and is missed as well. With ids from 1 it is 100 %.
# Why:    COCO asks for no first id, and many writers count from 0. In a large set one box of all
#         is lost without a word.
# With:   globox 2.9.0, pycocotools 2.0.11, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    globox==2.9.0 pycocotools==2.0.11 numpy==2.4.6 rich==15.0.0 tqdm==4.70.1; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" -W ignore - <<'PY'
import contextlib, io, json, sys
from globox import Annotation, AnnotationSet, BoundingBox
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

def precision(document):
    """Average precision of detections that are equal to the ground truth."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {'info': {}, **document}
        truth.createIndex()
        found = truth.loadRes([
            {key: each[key] for key in ('image_id', 'category_id', 'bbox')} | {'score': 0.9}
            for each in document['annotations']])
        scorer = COCOeval(truth, found, 'bbox')
        scorer.evaluate(), scorer.accumulate(), scorer.summarize()
    return round(float(scorer.stats[0]), 2)

people = AnnotationSet()
for name in ('000001.jpg', '000002.jpg'):
    box = BoundingBox.create(label='person', coords=(10, 10, 30, 70))
    people.add(Annotation(name, (640, 480), [box]))
document = json.loads(json.dumps(people.to_coco(auto_ids=True)))
as_written = precision(document)
for each in document['annotations']:
    each['id'] += 1
from_one = precision(document)
print(f'perfect detections: expected 1.0, seen {as_written}; with annotation ids from 1 {from_one}')
sys.exit((as_written, from_one) != (0.25, 1.0))
PY
