"""CocoVID files made by hand."""

import json
from pathlib import Path
from typing import Any

SIZE = {'height': 100, 'width': 200}
CATEGORIES = [{'id': 1, 'name': 'pedestrian'}, {'id': 7, 'name': 'static_person'}]


def annotation(number: int, bbox: list[float], **changes: Any) -> dict[str, Any]:
    """A visible, considered pedestrian of image 5 whose id is its number."""
    row = {
        'id': number, 'image_id': 5, 'category_id': 1, 'bbox': bbox, 'area': 1.0, 'iscrowd': False,
        'visibility': 1.0, 'mot_conf': 1.0, 'mot_instance_id': 1, 'instance_id': number,
    }  # fmt: skip
    return row | changes


def write_annotations(path: Path, annotations: list[dict], frames: dict | None = None) -> str:
    """Write a file; ``frames`` maps ids of images to video and frame, by default 9, 5, 7 of A."""
    # Neither sorted nor from zero, as ids may be.
    frames = frames or {i: (2, f) for f, i in enumerate((9, 5, 7))}
    videos = sorted({video for video, _ in frames.values()})
    content = {
        'categories': CATEGORIES,
        'videos': [{'id': video, 'name': chr(ord('A') - 2 + video)} for video in videos],
        'images': [
            {'id': i, 'video_id': v, 'file_name': f'{chr(ord("A") - 2 + v)}/{i}.jpg',
             'frame_id': f} | SIZE
            for i, (v, f) in frames.items()
        ],
        'annotations': annotations,
    }  # fmt: skip
    path.write_text(json.dumps(content))
    return str(path)
