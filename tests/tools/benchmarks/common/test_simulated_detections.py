"""Simulated detections against nominal values."""

import numpy as np
import pytest
import torch

from mmmaml.utils.mot_files import CLASS, FRAME, HEIGHT, ID, LEFT, SCORE, VISIBILITY, WIDTH
from tools.benchmarks.common import simulated_detections as sim

from .people import truth


def test_noise_is_what_it_says():
    rows = truth()
    frames = sim.simulate(rows, sim.Noise(), seed=0)
    number = sum(len(frame.boxes) for frame in frames)
    assert number / len(rows) == pytest.approx(0.95, abs=0.01)  # 3 standard deviations: 0.007

    boxes = torch.cat([frame.boxes for frame in frames]).numpy()
    people = np.concatenate([frame.identities for frame in frames])
    left = 100 * ((people - 7) // 3)
    moved = boxes - np.stack([left, 50 + 0 * left, left + 40, 150 + 0 * left], axis=1)
    moved /= [40, 100, 40, 100]
    np.testing.assert_allclose(moved.std(axis=0), 0.02, rtol=0.05)
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=0.001)

    feats = torch.cat([frame.feats for frame in frames]).numpy()
    assert feats.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(feats, axis=1), 1, atol=1e-5)
    # A mean over 190 observations is the direction of the identity but for 0.002.
    means = np.stack([feats[people == each].mean(axis=0) for each in np.unique(people)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    own = (feats * means[(people - 7) // 3]).sum(axis=1)
    assert own.mean() == pytest.approx(0.89, abs=0.005)
    others = means @ means.T - np.eye(len(means))
    assert abs(others.mean()) < 0.02


def test_a_seed_says_it_all():
    rows = truth(5, 20)
    first, same, other = (sim.simulate(rows, sim.Noise(), seed) for seed in (1, 1, 2))
    for a, b in zip(first, same, strict=True):
        assert torch.equal(a.boxes, b.boxes)
        assert torch.equal(a.feats, b.feats)
    counts = [[len(frame.boxes) for frame in frames] for frames in (first, other)]
    assert counts[0] != counts[1]


def test_frames_without_anyone_are_frames():
    rows = truth(2, 10)
    rows = rows[~np.isin(rows[:, FRAME], (1, 4, 5))]
    frames = sim.simulate(rows, sim.Noise(dropped=0), seed=0)
    assert [frame.number for frame in frames] == list(range(1, 11))
    assert [len(frame.boxes) for frame in frames] == [0, 2, 2, 0, 0, 2, 2, 2, 2, 2]


def test_who_can_be_detected():
    rows = truth(6, 1)
    rows[0, VISIBILITY] = 0.25  # enough
    rows[1, VISIBILITY] = 0.24
    rows[2, CLASS] = 7
    rows[3, SCORE] = 0  # to be ignored
    rows[4, WIDTH] = 0
    rows[5, [CLASS, VISIBILITY]] = -1  # a file without these columns
    kept = sim.detectable(rows, 0.25)
    assert kept[:, ID].tolist() == [7, 22]
    assert kept[1, [CLASS, VISIBILITY, SCORE]].tolist() == [1, 1, 1]


def test_crowd_stays_in_the_picture_and_moves():
    rows = sim.crowd(50, 60, seed=0).reshape(60, 50, 9)
    assert rows[..., WIDTH].min() >= 40
    assert rows[..., WIDTH].max() <= 80
    assert rows[..., LEFT : LEFT + 2].min() >= 0
    assert (rows[..., LEFT] + rows[..., WIDTH]).max() <= 3840
    assert (rows[..., LEFT + 1] + rows[..., HEIGHT]).max() <= 2160
    steps = np.linalg.norm(np.diff(rows[..., LEFT : LEFT + 2], axis=0), axis=2)
    assert 1 < steps.mean() < 6  # pixels a frame, people who walk


def test_everyone_who_comes_goes():
    frames = list(sim.coming_and_going(10, 1000, sim.Noise(), seed=0))
    people = [set(frame.identities.tolist()) for frame in frames]
    assert all(7 <= len(each) <= 10 for each in people)
    assert 45 <= len(set.union(*people)) <= 55  # 240 frames each
    for each in set.union(*people):
        seen = [number for number, ids in enumerate(people) if each in ids]
        assert seen[-1] - seen[0] <= 241
