"""The soak: what it measures against what is known, and that what is kept stays bounded."""

import numpy as np
import pytest
import torch

from tools.benchmarks.common.contestants import (
    ADAPTED,
    OURS,
    Contestant,
    trained_head,
)
from tools.benchmarks.common.simulated_detections import Noise
from tools.benchmarks.reliability.soak import __main__ as command
from tools.benchmarks.reliability.soak import measurements, page


def contestant(name, solver=None):
    if solver == 'gradient':
        head = trained_head(128, 0.89, 0, tasks=3)
        return measurements.ours(
            'gradient', measurements.FRAME_RATE, head, adapter_cfg={'solver': solver}
        )
    return next(iter(measurements.contestants(measurements.FRAME_RATE, Noise(), 0, (name,))))


@pytest.mark.parametrize('solver', [None, 'closed_form', 'gradient'])
def test_many_frames_leave_nothing_behind(solver, monkeypatch):
    # All that will be kept is there after the 8 s of a crossing and the 10 s of the lost.
    monkeypatch.setattr(measurements, 'WARM_UP', 0.6)
    monkeypatch.setattr(measurements, 'MEETING', 560)
    name = ADAPTED if solver else OURS
    made, new = (contestant(name, solver) for _ in range(2))
    frames, in_view = 1000, 12
    soak = measurements._soak(made, new, frames, in_view, Noise(), 0)
    assert soak.frames == frames
    assert soak.people > in_view * (frames // 240)
    # 12 in view and, as each crosses in 8 s, 15 in the 10 s that the lost are remembered.
    assert soak.capacity == (32, 32)
    # Whole numbers are written down shorter or longer as they grow.
    assert soak.state[1] == pytest.approx(soak.state[0], abs=1000)
    assert soak.graphs == 0
    assert all(ms > 0 for ms in soak.beside_new)
    assert len(new.tracker.tracks.state) == pytest.approx(len(made.tracker.tracks.state), abs=2)
    assert len(made.tracker.tracks.state) <= in_view + 18
    memory = made.tracker.appearance.memory
    assert len(memory.mean) == 32
    assert (memory.gallery is not None) == (solver == 'gradient')


def test_the_old_tracker_and_the_new_one_are_told_apart(monkeypatch):
    clock = iter(range(10**9))
    monkeypatch.setattr(measurements.time, 'thread_time', lambda: next(clock) / 1000)
    monkeypatch.setattr(measurements, 'MEETING', 5)
    turns = []

    def contestant(name, cost, cost_at_first):
        def prepare(frame):
            def step():
                turns.append(name)
                for _ in range(cost if frame >= 5 else cost_at_first):
                    next(clock)

            return step

        return Contestant(name, None, prepare, None, None)

    pair = contestant('old', 20, 70), contestant('new', 10, 90)
    # A reading of the clock takes a millisecond, too.
    assert measurements._by_turns(pair, range(12)) == pytest.approx((21, 11))
    assert turns[:4] == ['new', 'old', 'old', 'new']
    assert len(turns) == 24


def test_a_graph_that_is_kept_is_seen():
    before = measurements.graphs_kept()
    kept = [torch.ones(1, requires_grad=True) * 2]
    assert measurements.graphs_kept() == before + 1
    assert kept


def test_the_trend_is_that_of_a_line():
    rising = measurements.trend(3 + 0.5 * np.arange(11))
    assert rising == pytest.approx((5.5, 5.0, 0.0), abs=1e-12)
    noise = np.random.default_rng(0).normal(0, 1, 4000)
    flat = measurements.trend(noise)
    # Variance of a slope over n equal steps: 12 / n³.
    assert flat.error == pytest.approx(np.sqrt(12 / 4000), rel=0.05)
    assert abs(flat.growth) < 3 * flat.error


def test_the_trend_of_measurements_that_are_like_those_before_is_less_certain():
    rng = np.random.default_rng(0)
    trends = []
    for _ in range(40):
        noise = rng.normal(0, 1, 1000)
        for step in range(1, len(noise)):
            noise[step] += 0.8 * noise[step - 1]
        trends.append(measurements.trend(noise))
    _, growth, error = np.array(trends).T
    assert error.mean() == pytest.approx(growth.std(), rel=0.25)


def test_what_never_changes_has_no_trend():
    assert measurements.trend([7.0] * 9) == (7.0, 0.0, 0.0)


def test_tasks_in_memory_cost_in_proportion_only_where_they_are_blended():
    costs = [measurements.task_cost(tasks, in_view=4, frames=32) for tasks in (8, 256)]
    assert [each.tasks for each in costs] == [8, 256]
    # 32 support features and gradients of 128 channels in four bytes each.
    assert [each.size for each in costs] == [8 / 32, 8.0]
    assert costs[1].new_track > 3 * costs[0].new_track
    assert costs[1].blended > 1.5 * costs[0].blended
    assert costs[1].blended > 1.5 * costs[1].default
    assert '| 256 | 8.00 |' in page.page([], costs, 4)


@pytest.mark.parametrize('option', ['frames', 'in-view', 'tasks'])
def test_bad_options(capsys, option):
    with pytest.raises(SystemExit):
        command.main([f'--{option}', '0'])
    assert f'--{option} 0 must be at least 1' in capsys.readouterr().err
