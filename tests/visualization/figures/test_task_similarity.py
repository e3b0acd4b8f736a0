import numpy as np
import pytest

from mmmaml.visualization.figures.task_similarity import task_similarity_figure


def test_rows_and_columns_are_named_by_their_videos():
    gamma = np.array([[1, 0.2, 0.1], [0.3, 0.9, 0.8]])
    ax = task_similarity_figure(gamma, ['A', 'B'], ['A', 'B', 'B']).axes[0]
    np.testing.assert_array_equal(ax.images[0].get_array(), gamma)
    assert [label.get_text() for label in ax.get_xticklabels()] == ['A', 'B']
    assert ax.get_xticks().tolist() == [0, 1.5]
    assert [label.get_text() for label in ax.get_yticklabels()] == ['A', 'B']
    borders = [line.get_xydata()[0].tolist() for line in ax.lines]
    assert borders == [[0.5, 0], [0, 0.5]]


@pytest.mark.parametrize(('rows', 'columns'), [(['A'], ['A']), ([], [])])
def test_names_that_do_not_belong_are_refused(rows, columns):
    with pytest.raises(ValueError, match=r'similarity of shape \(2, 2\) needs as many names'):
        task_similarity_figure(np.zeros((2, 2)), rows, columns)
