import numpy as np
import pytest

from mmmaml.visualization.figures import crowd_figure


def test_a_line_for_each_way_to_count():
    numbers = {'true': np.array([3, 2, 2]), 'counted': np.array([2.5, np.nan, 2.25])}
    (axes,) = crowd_figure(numbers, 2.0).axes
    assert [line.get_label() for line in axes.lines] == ['true', 'counted']
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [[0, 3], [0.5, 2], [1, 2]])
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), [2.5, np.nan, 2.25])
    assert axes.get_xlabel() == 'seconds'
    assert axes.get_ylim()[0] == 0
    (axes,) = crowd_figure(numbers).axes
    assert (axes.get_xlabel(), *axes.lines[0].get_xdata()) == ('frame', 1, 2, 3)


@pytest.mark.parametrize('numbers', [{}, {'a': np.zeros(2), 'b': np.zeros(3)}])
def test_lines_need_one_length(numbers):
    with pytest.raises(ValueError, match='need one length'):
        crowd_figure(numbers)
