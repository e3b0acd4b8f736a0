"""A small scored test: its story is told once, and pictures and reports are made of it."""

from pathlib import Path

import cv2
import numpy as np
from mmdet.structures import DetDataSample
from mmengine.evaluator import Evaluator

from mmmaml.evaluation import MOTMetric
from tests.evaluation.metrics.test_mot_metric import instances
from tests.evaluation.track_files import write_truth

NUM_FRAMES, WIDTH, HEIGHT = 12, 160, 120
FIRST_IMAGE = 4  # the first three frames of the sequence are not tested


def box(frame: int, number: int, left: float, *others: float) -> list[float]:
    return [frame, number, left, 40, 20, 50, *others]


def story() -> tuple[np.ndarray, np.ndarray]:
    """Ground truth of the sequence and tracks of its tested part, in 12 frames.

    Person 1 is track 7 up to frame 6, missed in frame 7, and track 8 from then on. Person 2 is
    away in frames 5 to 8, and track 3 else. In frame 2 track 9 is on nobody.
    """
    tested = range(1, NUM_FRAMES + 1)
    people = [box(f + FIRST_IMAGE - 1, 1, 10, 1, 1, 1) for f in tested]
    people += [box(f + FIRST_IMAGE - 1, 2, 100, 1, 1, 1) for f in tested if not 5 <= f <= 8]
    people += [box(f, 5, 60, 1, 1, 1) for f in range(1, FIRST_IMAGE)]
    tracks = [box(f, 7 if f < 7 else 8, 10, 0.9) for f in tested if f != 7]
    tracks += [box(f, 3, 100, 0.9) for f in tested if not 5 <= f <= 8]
    return np.array(people), np.array([*tracks, box(2, 9, 60, 0.9)])


def write_run(root: Path) -> Path:
    """Write the run of a test of the last twelve of fifteen frames of WALK, and of EMPTY."""
    people, tracks = story()
    length = NUM_FRAMES + FIRST_IMAGE - 1
    none = np.zeros((0, 9)), np.zeros((0, 7))
    samples = []
    for name, (truth, found) in {'WALK': (people, tracks), 'EMPTY': none}.items():
        write_truth(root / 'data', name, truth, num_frames=length)
        images = root / 'data' / name / 'img1'
        images.mkdir()
        for number in range(1, length + 1):
            image = np.full((HEIGHT, WIDTH, 3), 10 * number, dtype=np.uint8)
            cv2.imwrite(str(images / f'{number:06d}.jpg'), image)
        for frame in range(NUM_FRAMES):
            path = images / f'{frame + FIRST_IMAGE:06d}.jpg'
            meta = {'img_path': str(path), 'frame_id': frame, 'video_length': NUM_FRAMES}
            samples.append(DetDataSample(metainfo=meta))
            samples[-1].pred_track_instances = instances(found, frame + 1)
    evaluator = Evaluator(MOTMetric(outdir=root / 'run'))
    for sample in samples:
        evaluator.process([sample])
    evaluator.evaluate(len(samples))
    return root / 'run'
