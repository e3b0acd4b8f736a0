"""The soak: what it measures against what is known, and that what is kept stays bounded."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch

FOLDER = Path(__file__).parents[2] / 'tools' / 'analysis_tools'


@pytest.fixture
def tool(monkeypatch):
    """What measures."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module('soak_measurements')


@pytest.fixture
def page(tool):
    """What writes it down."""
    return importlib.import_module('soak_tracker')


def contestant(tool, name, solver=None):
    if solver == 'gradient':
        head = tool.trained_head(128, 0.89, 0, tasks=3)
        return tool.ours('gradient', tool.FRAME_RATE, head, adapter_cfg={'solver': solver})
    return next(iter(tool.contestants(tool.FRAME_RATE, tool.Noise(), 0, (name,))))


@pytest.mark.parametrize('solver', [None, 'closed_form', 'gradient'])
def test_two_thousand_frames_leave_nothing_behind(tool, page, solver):
    name = tool.ADAPTED if solver else page.OURS
    made, new = (contestant(tool, name, solver) for _ in range(2))
    frames, in_view = 2000 if solver != 'gradient' else 1600, 12
    soak = tool._soak(made, new, frames, in_view, tool.Noise(), 0)
    assert soak.frames == frames
    assert soak.people > in_view * (frames // 240)
    # 12 in view and, as each crosses in 8 s, 15 in the 10 s that the lost are remembered.
    assert soak.slots == (32, 32)
    # Whole numbers are written down shorter or longer as they grow.
    assert soak.state[1] == pytest.approx(soak.state[0], abs=1000)
    assert soak.graphs == 0
    assert all(ms > 0 for ms in soak.beside_new)
    assert len(new.tracker.tracks.state) == pytest.approx(len(made.tracker.tracks.state), abs=2)
    assert len(made.tracker.tracks.state) <= in_view + 18
    memory = made.tracker.appearance.memory
    assert len(memory.mean) == 32
    assert (memory.gallery is not None) == (solver == 'gradient')


def test_the_old_tracker_and_the_new_one_are_told_apart(tool, monkeypatch):
    clock = iter(range(10**9))
    monkeypatch.setattr(tool.time, 'thread_time', lambda: next(clock) / 1000)
    monkeypatch.setattr(tool, 'MEETING', 5)
    turns = []

    def contestant(name, cost, cost_at_first):
        def prepare(frame):
            def step():
                turns.append(name)
                for _ in range(cost if frame >= 5 else cost_at_first):
                    next(clock)

            return step

        return tool.Contestant(name, None, prepare, None, None)

    pair = contestant('old', 20, 70), contestant('new', 10, 90)
    # A reading of the clock takes a millisecond, too.
    assert tool._by_turns(pair, range(12)) == pytest.approx((21, 11))
    assert turns[:4] == ['new', 'old', 'old', 'new']
    assert len(turns) == 24


def test_a_graph_that_is_kept_is_seen(tool):
    before = tool.graphs_kept()
    kept = [torch.ones(1, requires_grad=True) * 2]
    assert tool.graphs_kept() == before + 1
    assert kept


def test_the_trend_is_that_of_a_line(tool):
    rising = tool.trend(3 + 0.5 * np.arange(11))
    assert rising == pytest.approx((5.5, 5.0, 0.0), abs=1e-12)
    noise = np.random.default_rng(0).normal(0, 1, 4000)
    flat = tool.trend(noise)
    # Variance of a slope over n equal steps: 12 / n³.
    assert flat.error == pytest.approx(np.sqrt(12 / 4000), rel=0.05)
    assert abs(flat.growth) < 3 * flat.error


def test_the_trend_of_measurements_that_are_like_those_before_is_less_certain(tool):
    rng = np.random.default_rng(0)
    trends = []
    for _ in range(40):
        noise = rng.normal(0, 1, 1000)
        for step in range(1, len(noise)):
            noise[step] += 0.8 * noise[step - 1]
        trends.append(tool.trend(noise))
    _, growth, error = np.array(trends).T
    assert error.mean() == pytest.approx(growth.std(), rel=0.25)


def test_what_never_changes_has_no_trend(tool):
    assert tool.trend([7.0] * 9) == (7.0, 0.0, 0.0)


def test_tasks_in_memory_cost_in_proportion_only_where_they_are_blended(tool, page):
    costs = [tool.task_cost(tasks, in_view=4, frames=32) for tasks in (8, 256)]
    assert [each.tasks for each in costs] == [8, 256]
    # 32 support features and gradients of 128 channels in four bytes each.
    assert [each.size for each in costs] == [8 / 32, 8.0]
    assert costs[1].new_track > 3 * costs[0].new_track
    assert costs[1].blended > 1.5 * costs[0].blended
    assert costs[1].blended > 1.5 * costs[1].default
    assert '| 256 | 8.00 |' in page.page([], costs, 4)


@pytest.mark.parametrize('option', ['frames', 'in-view', 'tasks'])
def test_bad_options(page, capsys, option):
    with pytest.raises(SystemExit):
        page.main([f'--{option}', '0'])
    assert f'--{option} 0 must be at least 1' in capsys.readouterr().err
