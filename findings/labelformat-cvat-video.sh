#!/usr/bin/env bash
# labelformat cannot read the files that CVAT writes, and finds nothing in those of videos.
#
# Guess:  a reader for "CVAT" takes CVAT's exports, or says that tracks are not supported.
# Seen:   the first line of every export, which declares its encoding, is refused ("Unicode
#         strings with encoding declaration"). Without that line a video export is read without
#         complaint as 0 images and 0 boxes: tracks are not looked at.
# Why:    a conversion that "worked" leaves an empty dataset.
# With:   labelformat 0.1.17, lxml 6.1.3, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    labelformat==0.1.17 lxml==6.1.3 pydantic-xml==2.22.0; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" - <<'PY'
import sys
from pathlib import Path
from labelformat.formats.cvat import CVATObjectDetectionInput

box = '<box frame="{}" xtl="10" ytl="20" xbr="40" ybr="80" outside="0" occluded="0" keyframe="1"/>'
video = ('<annotations><version>1.1</version><meta><task><labels><label><name>pedestrian</name>'
         '</label></labels></task></meta><track id="0" label="pedestrian">'
         + box.format(0) + box.format(1) + '</track></annotations>')
image = ('<annotations><version>1.1</version><meta><task><labels><label><name>pedestrian</name>'
         '</label></labels></task></meta><image id="0" name="0.jpg" width="640" height="480">'
         '<box label="pedestrian" xtl="10" ytl="20" xbr="40" ybr="80" occluded="0"/>'
         '</image></annotations>')
declaration = '<?xml version="1.0" encoding="utf-8"?>\n'

def boxes(text):
    Path('annotations.xml').write_text(text)
    try:
        labels = list(CVATObjectDetectionInput(Path('annotations.xml')).get_labels())
    except ValueError as error:
        return 'refused' if 'encoding declaration' in str(error) else str(error)
    return sum(len(each.objects) for each in labels)

cases = {'images, as exported': (declaration + image, 1), 'images, first line removed': (image, 1),
         'video, as exported': (declaration + video, 2), 'video, first line removed': (video, 2)}
seen = {case: boxes(text) for case, (text, _) in cases.items()}
for case, number in seen.items():
    print(f'{case}: expected {cases[case][1]} boxes, seen {number}')
sys.exit(list(seen.values()) != ['refused', 1, 'refused', 0])
PY
