"""People whose walks the batched tracker and the plain one both follow."""

import functools

import numpy as np

from mmmaml.datasets.synthetic import SequenceSpec, render_sequence
from mmmaml.datasets.synthetic.noisy_detections import simulate_detections


def crowd(seed, frames=50, people=9, size=(400, 220), classes=1, channels=6, weak=0.15):
    """People who cross, hide each other, are missed, leave and come back, with false boxes.

    Yields:
        Frame number, boxes (N, 4), scores (N,), labels (N,), feats (N, C) or None, float64.
    """
    rng = np.random.default_rng(seed)
    place, speed = rng.uniform(0, size, (people, 2)), rng.normal(0, 5, (people, 2))
    shape = rng.uniform([25, 60], [45, 110], (people, 2))
    appearance, label = rng.normal(size=(people, channels)), rng.integers(classes, size=people)
    appearance[1::2] = (
        0.6 * appearance[: people // 2 * 2 : 2] + 0.8 * appearance[1::2]
    )  # two alike
    absent = np.zeros(people, dtype=int)
    number = 0
    for _ in range(frames):
        steps = int(rng.choice([1, 1, 1, 1, 1, 1, 2, 4]))
        number += steps
        speed += rng.normal(0, 1, speed.shape)
        place += steps * speed
        speed = np.where((place < 0) | (place > size), -speed, speed)
        leaves = rng.random(people) < 0.025
        absent = np.where(leaves, rng.integers(3, 40, people), absent - steps)
        elsewhere = leaves & (rng.random(people) < 0.5)
        place = np.where(elsewhere[:, None], rng.uniform(0, size, place.shape), place)
        here = (absent <= 0) & (rng.random(people) > 0.07)
        false = rng.poisson(0.3)
        centre = np.vstack([place[here], rng.uniform(0, size, (false, 2))])
        extent = np.vstack([shape[here], rng.uniform([25, 60], [45, 110], (false, 2))])
        extent = extent * rng.normal(1, 0.02, extent.shape)
        centre = centre + rng.normal(0, 0.02, centre.shape) * extent
        feats = np.vstack([appearance[here], rng.normal(size=(false, channels))])
        feats = feats + rng.normal(0, 0.6, feats.shape)
        scores = np.where(rng.random(len(centre)) < weak, 0.05 + 0.65 * rng.random(len(centre)), 1)
        labels = np.append(label[here], rng.integers(classes, size=false))
        boxes = np.hstack([centre - extent / 2, centre + extent / 2])
        if len(boxes) and rng.random() < 0.1:
            boxes[0, 2] = boxes[0, 0] - rng.integers(2)  # a box without area
        order = rng.permutation(len(boxes))
        scores = scores * rng.uniform(0.9, 1, len(scores))
        known = rng.random() > 0.06
        yield number, boxes[order], scores[order], labels[order], feats[order] if known else None


@functools.cache
def generated(seed):
    """A sequence of the generator: its detections, features of the nearest true person.

    Returns:
        Frames as of :func:`crowd`.
    """
    rng = np.random.default_rng(seed)
    appearance = rng.normal(size=(40, 6))
    spec = SequenceSpec(
        'a', num_frames=70, size=(320, 180), num_people=14, frame_rate=10, seed=seed
    )
    truth = []
    for number, frame in enumerate(render_sequence(spec), start=1):
        rows = np.zeros((len(frame.ids), 9))
        rows[:, 0], rows[:, 1], rows[:, 2:6] = number, frame.ids, frame.boxes
        rows[:, 7], rows[:, 8] = 1, frame.visibility
        truth.append(rows)
    truth = np.concatenate(truth)
    found = simulate_detections(spec, truth, rng)
    frames = []
    for number in range(1, spec.num_frames + 1):
        now, true = found[found[:, 0] == number], truth[truth[:, 0] == number]
        centre, true_centre = (rows[:, 2:4] + rows[:, 4:6] / 2 for rows in (now, true))
        nearest = np.linalg.norm(true_centre[:, None] - centre, axis=2).argmin(0)
        feats = appearance[true[nearest, 1].astype(int)]
        feats = feats + rng.normal(0, 0.35, feats.shape)
        boxes = np.hstack([now[:, 2:4], now[:, 2:4] + now[:, 4:6]])
        frames.append((number, boxes, now[:, 6], np.zeros(len(now), int), feats))
    return frames


def leaving(frames=60, people=8):
    """One person leaves every few frames, and all come back one by one; nobody is missed."""
    rng = np.random.default_rng(0)
    place = np.stack([np.linspace(50, 950, people), np.full(people, 200.0)], axis=1)
    appearance, half = np.eye(people), np.array([20.0, 50.0])
    gone_since, back_at = 4 + 3 * np.arange(people), 34 + 3 * rng.permutation(people)
    for number in range(frames):
        here = (number < gone_since) | (number >= back_at)
        centre = (place + rng.normal(0, 1, place.shape))[here]
        boxes = np.hstack([centre - half, centre + half])
        feats = appearance[here] + rng.normal(0, 0.03, (here.sum(), people))
        yield number, boxes, np.full(len(boxes), 0.9), np.zeros(len(boxes), int), feats
