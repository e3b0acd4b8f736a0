import json
import sys

import cv2
import numpy as np
import pytest

from mmmaml.visualization.figures.curves import plot_training_curves, read_scalars, smooth


@pytest.fixture
def log(tmp_path):
    def write(records: list[dict]):
        path = tmp_path / 'scalars.json'
        path.write_text(''.join(json.dumps(record) + '\n' for record in records))
        return path

    return write


def records(count: int = 40) -> list[dict]:
    return [
        {
            'lr': 1e-3,
            'base_lr': 1e-3,
            'time': 0.1,
            'loss': 1 / i,
            'support_loss': 2 / i,
            'query_loss_before': 2 / i,
            'query_loss_after': float('nan') if 10 < i < 20 else 1 / i,
            'query_acc': 0.5,
            'epoch': 1,
            'iter': i * 10,
            'step': i * 10,
        }
        for i in range(1, count + 1)
    ]


def test_reads_values_with_their_iterations(log):
    curves = read_scalars(log([*records(3)[::-1], {'mot/MOTA': 0.5, 'step': 1}]))
    assert 'mot/MOTA' not in curves
    steps, values = curves['loss']
    np.testing.assert_array_equal(steps, [10, 20, 30])
    np.testing.assert_allclose(values, [1, 1 / 2, 1 / 3])


@pytest.mark.parametrize('window', [1, 2, 3, 4, 7, 50])
def test_smoothing_is_the_mean_of_the_neighbours_that_are_there(window):
    values = np.random.default_rng(0).normal(size=20)
    values[[0, 5, 6, 19]] = np.nan
    width = min(window, 20)
    expected = np.full(20, np.nan)
    for i in np.flatnonzero(np.isfinite(values)):
        away = np.abs(np.arange(20) - i)
        weights = np.clip((width + 1) / 2 - away, 0, 1) * np.isfinite(values)
        expected[i] = weights @ np.nan_to_num(values) / weights.sum()
    np.testing.assert_allclose(smooth(values, window), expected)


@pytest.mark.parametrize('window', range(1, 9))
def test_smoothing_does_not_shift_a_curve(window):
    line = np.arange(40.0)
    np.testing.assert_allclose(smooth(line, window)[8:-8], line[8:-8])


def test_draws_a_panel_for_each_kind(log, tmp_path):
    out = plot_training_curves(log(records()), tmp_path / 'new' / 'curves.png')
    four = cv2.imread(str(out))
    only_loss = cv2.imread(
        str(plot_training_curves(log(records()), tmp_path / 'loss.png', keys=['loss']))
    )
    assert four.shape[0] == 2 * only_loss.shape[0]
    assert four.shape[1] == 2 * only_loss.shape[1]
    assert only_loss.std() > 5  # something is drawn


def test_later_nans_leave_a_gap_and_one_point_is_visible(log, tmp_path):
    empty = [{**record, 'loss': float('nan')} for record in records(1)]
    blank = cv2.imread(str(plot_training_curves(log(empty), tmp_path / 'nan.png', keys=['loss'])))
    point = cv2.imread(
        str(plot_training_curves(log(records(1)), tmp_path / 'one.png', keys=['loss']))
    )
    half = blank.shape[1] // 2
    middle = slice(half - 60, half + 60)
    assert (point[100:-100, middle] != 255).sum() > (blank[100:-100, middle] != 255).sum()


def test_leaves_no_figure_open_in_pyplot(log, tmp_path):
    before = len(sys.modules['matplotlib.pyplot'].get_fignums()) if pyplot_is_loaded() else 0
    plot_training_curves(log(records()), tmp_path / 'a.png')
    after = len(sys.modules['matplotlib.pyplot'].get_fignums()) if pyplot_is_loaded() else 0
    assert after == before


def pyplot_is_loaded() -> bool:
    return 'matplotlib.pyplot' in sys.modules


def test_what_cannot_be_plotted_is_named(log, tmp_path):
    out = tmp_path / 'a.png'
    with pytest.raises(FileNotFoundError, match='LocalVisBackend'):
        plot_training_curves(tmp_path / 'none.json', out)
    with pytest.raises(ValueError, match='no training iteration was logged'):
        plot_training_curves(log([]), out)
    with pytest.raises(ValueError, match=r"to plot: it has \['memory'\]"):
        plot_training_curves(log([{'iter': 1, 'memory': 3}]), out)
    with pytest.raises(ValueError, match=r"no scalars \['lss'\]: it has .*'loss'"):
        plot_training_curves(log(records()), out, keys=['lss', 'loss'])
    path = log(records(1))
    path.write_text(path.read_text() + '{"loss": 1\n')
    with pytest.raises(ValueError, match='line 2 is no JSON object'):
        plot_training_curves(path, out)
    path.write_text('[1]\n')
    with pytest.raises(ValueError, match='line 1 is no JSON object'):
        plot_training_curves(path, out)
    assert not out.exists()
