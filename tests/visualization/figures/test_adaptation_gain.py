import json

import numpy as np
import pytest

from mmmaml.visualization.figures.adaptation_gain import (
    adaptation_gain_figure,
    gain_curve,
    last_mean,
)
from mmmaml.visualization.figures.curves import find_log, read_scalars


@pytest.fixture
def log(tmp_path):
    path = tmp_path / 'scalars.json'
    lines = [{'iter': i, 'query_ce': 2 / i, 'query_ce_adapted': 1 / i} for i in range(1, 41)]
    lines.append({'iter': 41, 'query_ce': 5.0})  # logged alone
    path.write_text(''.join(json.dumps(line) + '\n' for line in lines))
    return path


def test_the_gain_is_the_difference_where_both_are_known(log):
    steps, gain = gain_curve(read_scalars(log), log)
    np.testing.assert_array_equal(steps, np.arange(1, 41))
    np.testing.assert_allclose(gain, 1 / steps)


def test_both_losses_and_the_gain_are_drawn(log):
    losses, gains = adaptation_gain_figure(log, smoothing=1).axes
    np.testing.assert_allclose(losses.lines[1].get_ydata(), 1 / np.arange(1, 41))
    np.testing.assert_allclose(gains.lines[0].get_ydata(), 1 / np.arange(1, 41))
    assert (
        gains.get_title()
        == f'Gain of adaptation: {np.mean(1 / np.arange(37, 41)):+.3g} at the end'
    )


def test_a_training_without_inner_loop_is_told(log):
    log.write_text('{"iter": 1, "loss_plain": 2.0}\n')
    with pytest.raises(ValueError, match=r'no query_ce and no query_ce_adapted: .*MAMLOptimizer'):
        adaptation_gain_figure(log)


def test_the_end_is_the_mean_of_the_last_tenth():
    assert last_mean(np.arange(20.0)) == 18.5
    assert last_mean(np.array([3.0])) == 3
    assert last_mean(np.append(np.arange(18.0), [1.0, np.nan])) == 1
    assert np.isnan(last_mean(np.array([np.nan])))


def test_the_newest_log_of_a_folder_is_found(log, tmp_path):
    assert find_log(log) == log
    for stamp in ('20260102_000000', '20260101_000000'):
        folder = tmp_path / 'work' / stamp / 'vis_data'
        folder.mkdir(parents=True)
        (folder / 'scalars.json').touch()
    assert find_log(tmp_path / 'work').parts[-3] == '20260102_000000'
    with pytest.raises(FileNotFoundError, match=r'none holds no scalars\.json'):
        find_log(tmp_path / 'none')
