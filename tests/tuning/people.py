"""Videos of people who walk past each other, as files."""

from pathlib import Path

import numpy as np

NUM_FRAMES = 16
COLOURS = np.eye(4, dtype=np.float32)


def write_people(
    root: Path, name: str, score: float = 0.9, seed: int = 0, num_frames: int = NUM_FRAMES
) -> Path:
    """Write a sequence of four people with ground truth and detections, and without images.

    Detections are as good as the truth but for a jitter, and have one score.
    """
    rng = np.random.default_rng(seed)
    folder = root / name
    for part in ('gt', 'det'):
        (folder / part).mkdir(parents=True)
    truth, found = [], []
    left = rng.permutation(4) * 60.0 + 20
    speed = rng.uniform(-4, 4, 4)
    for frame in range(1, num_frames + 1):
        for person in range(4):
            x, y = left[person] + speed[person] * frame, 40.0 + 5 * person
            truth.append(f'{frame},{person + 1},{x:.1f},{y:.1f},30,80,1,-1,-1,-1')
            dx, dy = rng.normal(0, 1, 2)
            found.append(f'{frame},-1,{x + dx:.1f},{y + dy:.1f},30,80,{score},-1,-1,-1')
    (folder / 'gt' / 'gt.txt').write_text('\n'.join(truth) + '\n')
    (folder / 'det' / 'det.txt').write_text('\n'.join(found) + '\n')
    (folder / 'seqinfo.ini').write_text(
        f'[Sequence]\nname={name}\nimDir=img1\nframeRate=10\nseqLength={num_frames}\n'
        'imWidth=400\nimHeight=200\nimExt=.jpg\n'
    )
    return folder


def write_features(folder: Path, name: str, num_frames: int = NUM_FRAMES) -> Path:
    """Write a feature of each person's own for each detection."""
    folder.mkdir(exist_ok=True)
    np.save(folder / f'{name}.npy', np.tile(COLOURS, (num_frames, 1)))
    return folder
