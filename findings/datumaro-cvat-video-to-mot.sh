#!/usr/bin/env bash
# CVAT video annotation converted to MOT by Datumaro moves in time and shows people who left.
#
# Guess:  frame 3 of CVAT (from 0) becomes frame 4 of MOT (from 1), and a box marked
#         outside="1", CVAT's word for "no longer in view", is left out.
# Seen:   frames are numbered by their order among the annotated ones: boxes in frames 3, 8 and
#         9 are written as frames 1, 2 and 3. The outside box is written as an ordinary person.
#         occluded="1", one tick in CVAT for hidden in part, becomes a visibility of 0.
# Why:    scores against such truth are nonsense, and filters on visibility drop half the people;
#         a video annotated in every frame hides the first of the three.
# With:   datumaro 1.13.12, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" &&
  "$work/env/bin/pip" install -qq --no-compile datumaro==1.13.12 numpy==2.4.6; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
mkdir cvat
cat > cvat/annotations.xml <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><id>1</id><name>t</name><size>10</size><mode>interpolation</mode>
    <labels><label><name>pedestrian</name><attributes></attributes></label></labels>
    <original_size><width>640</width><height>480</height></original_size></task></meta>
  <track id="0" label="pedestrian">
    <box frame="3" xtl="10" ytl="20" xbr="40" ybr="80" outside="0" occluded="0" keyframe="1"></box>
    <box frame="8" xtl="60" ytl="20" xbr="90" ybr="80" outside="0" occluded="1" keyframe="1"></box>
    <box frame="9" xtl="60" ytl="20" xbr="90" ybr="80" outside="1" occluded="0" keyframe="1"></box>
  </track>
</annotations>
XML
"$work/env/bin/python" -W ignore - <<'PY'
import sys
from datumaro import Dataset

Dataset.import_from('cvat', 'cvat').export('mot', 'mot_seq_gt')
rows = [line.strip().split(',') for line in open('mot/gt/gt.txt')]
seen = [(int(row[0]), float(row[8])) for row in rows]
print('frame and visibility of each row')
print(f'expected [(4, 1.0), (9, more than 0)], seen {seen}')
sys.exit(seen != [(1, 1.0), (2, 0.0), (3, 1.0)])
PY
