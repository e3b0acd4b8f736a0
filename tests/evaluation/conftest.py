from collections.abc import Callable

import numpy as np
import pytest


@pytest.fixture
def person() -> Callable[..., np.ndarray]:
    """Rows of one identity: a box of 10 x 20 pixels that stands at ``left`` in each frame."""

    def rows(identity, frames, left=0.0, considered=1, category=1):
        frames = np.atleast_1d(frames)
        table = np.tile(
            [0, identity, left, 50.0, 10, 20, considered, category, 1.0], (len(frames), 1)
        )
        table[:, 0] = frames
        return table

    return rows


@pytest.fixture
def track() -> Callable[..., np.ndarray]:
    """Rows of one reported track, on the same boxes."""

    def rows(identity, frames, left=0.0):
        frames = np.atleast_1d(frames)
        table = np.tile([0, identity, left, 50.0, 10, 20, 0.9], (len(frames), 1))
        table[:, 0] = frames
        return table

    return rows


@pytest.fixture
def crossing(person, track):
    """Two people over five frames; the second one's id changes once, after frame 2.

    By hand: 10 boxes, no miss, no false positive, 1 switch, so MOTA = 1 - 1/10. The best
    one-to-one assignment keeps 5 + 3 boxes: IDF1 = 2*8 / (10 + 10). Association: 5 boxes at 1,
    2 at 2/5, 3 at 3/5: AssA = 0.76; DetA = 1, so HOTA = sqrt(0.76).
    """
    gt = np.concatenate([person(1, range(1, 6)), person(2, range(1, 6), left=100)])
    tracks = np.concatenate(
        [
            track(10, range(1, 6)),
            track(1000003, [1, 2], left=100),
            track(7, [3, 4, 5], left=100),
        ]
    )
    expected = {
        'MOTA': 0.9,
        'IDF1': 0.8,
        'IDs': 1,
        'MT': 2,
        'ML': 0,
        'FP': 0,
        'FN': 0,
        'Frag': 0,
        'HOTA': 0.76**0.5,
        'DetA': 1.0,
        'AssA': 0.76,
        'MOTP': 1.0,
        'Rcll': 1.0,
        'Prcn': 1.0,
    }
    return gt, tracks, expected


@pytest.fixture
def random_sequence() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Ground truth of all classes and a tracker that misses, invents and switches."""

    def generate(seed, num_frames=40, num_people=12):
        rng = np.random.default_rng(seed)
        start = rng.uniform(0, 400, (num_people, 2))
        speed = rng.normal(0, 3, (num_people, 2))
        size = rng.uniform([20, 50], [40, 90], (num_people, 2))
        ids = np.sort(rng.choice(10**6, num_people, replace=False)) + 7
        category = rng.choice([1, 1, 1, 1, 2, 3, 6, 7, 8, 12], num_people)
        gt, tracks = [], []
        for frame in range(1, num_frames + 1):
            here = rng.random(num_people) < 0.9
            boxes = np.hstack([start + frame * speed, size])[here]
            flags = (rng.random(here.sum()) < 0.9).astype(float)
            num = here.sum()
            gt.append(
                np.column_stack(
                    [np.full(num, frame), ids[here], boxes, flags, category[here], np.ones(num)]
                )
            )
            if frame % 9 == 0:
                continue
            seen = rng.random(num) < 0.8
            jitter = boxes[seen] + rng.normal(0, 4, (seen.sum(), 4))
            track_ids = np.flatnonzero(here)[seen] + 100 * (frame // 15)
            false = np.column_stack([rng.uniform(0, 400, (2, 2)), np.full((2, 2), 45.0)])
            jitter = np.vstack([jitter, false])
            track_ids = np.append(track_ids, [900, 901 + frame])
            num = len(jitter)
            tracks.append(
                np.column_stack([np.full(num, frame), track_ids, jitter, rng.random(num)])
            )
        return np.vstack(gt), np.vstack(tracks)

    return generate
