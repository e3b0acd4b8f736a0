"""Trackers behind one face, on two people who change places."""

import numpy as np
import pytest
import torch

from mmmaml.utils import register_all_modules
from tools.benchmarks.common import simulated_detections as sim
from tools.benchmarks.common.contestants import contestants, peer, trained_head
from tools.benchmarks.speed.tracker import timing

from .people import crossing


def test_every_tracker_sees_everyone_and_starts_anew():
    register_all_modules()
    trackers = list(contestants(30.0, sim.Noise(), 0))
    assert len(trackers) >= 8
    frames = crossing().frames[:12]
    runs = timing.measure(trackers, frames, repeats=1)
    for each in trackers:
        rows = runs[each.name].tracks
        # Some wait for a second look at someone new.
        assert len(rows) >= 20, each.name
        assert runs[each.name].milliseconds > 0
        each.reset()
        again, _ = timing.timed_pass([each.prepare(frame) for frame in frames])
        np.testing.assert_array_equal(timing.track_rows(each, frames, again), rows)


def test_embeddings_reach_the_peers():
    """Embeddings alone tell the two apart in the middle."""
    register_all_modules()
    made = peer('mmdet StrongSORT', 128)
    steps = [made.prepare(frame) for frame in crossing().frames]
    timing.timed_pass(steps)
    held = torch.cat([track.embeds for track in made.tracker.tracks.values()])
    held = held / held.norm(dim=1, keepdim=True)
    last = crossing().frames[-1].feats
    assert (held @ last.T).max(dim=0).values.min() > 0.8


def test_the_adapted_tracker_adapts():
    head = trained_head(16, 0.89, seed=0)
    assert len(head.task_memory) == head.task_memory.max_tasks > 100
    assert head.scatter.count == len(head.task_memory)
    # The scatter of noise is the same in all directions: (1 - cos²) over 16 of them.
    variances = torch.linalg.eigvalsh(head.scatter.scatter)
    assert variances.mean() == pytest.approx((1 - 0.89**2) / 16, rel=0.1)
    torch.testing.assert_close(head.weight @ head.weight.T, torch.eye(16), atol=1e-5, rtol=0)
