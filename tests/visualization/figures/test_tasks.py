"""A task as a picture."""

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle
from mmengine.structures import InstanceData

from mmmaml.structures import TaskDataSample
from mmmaml.visualization.figures.tasks import task_figure


def crops_task():
    """2 people, 2 support and 1 query image; every image of one colour of its own."""
    inputs = (
        (torch.arange(18, dtype=torch.uint8) * 10).view(2, 3, 3, 1, 1).expand(-1, -1, -1, 4, 2)
    )
    sample = TaskDataSample(
        metainfo={
            'num_support': 2,
            'img_paths': [f'd/A/img1/{n}.jpg' for n in (3, 9, 5, 1, 2, 8)],
            'instance_ids': np.array([70, 12]),
            'video_ids': np.array([0, 0]),
        }
    )
    sample.labels = torch.tensor([4, 5])
    return inputs, sample


def test_rows_are_people_and_query_stands_apart() -> None:
    inputs, sample = crops_task()
    figure = task_figure(inputs, sample)
    shown = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in shown] == [f'{n}.jpg' for n in (3, 9, 5, 1, 2, 8)]
    for ax, image in zip(shown, inputs.flatten(0, 1), strict=True):
        red, green, blue = ax.images[0].get_array()[0, 0]
        assert [blue, green, red] == image[:, 0, 0].tolist()
    assert [ax.get_ylabel() for ax in shown[::3]] == ['id 70, label 4', 'id 12, label 5']
    columns = [ax.get_subplotspec().colspan.start for ax in shown]
    assert columns == [0, 1, 3, 0, 1, 3]  # one between support and query is empty
    query, support = shown[2].spines['top'], shown[1].spines['top']
    assert query.get_edgecolor() != support.get_edgecolor()
    assert figure.get_suptitle() == 'A'


def test_names_do_not_cover_each_other() -> None:
    inputs, sample = crops_task()
    names = [f'd/A/0002_c1s1_{n:06d}_01.jpg' for n in range(6)]
    sample.set_metainfo({'img_paths': names})
    figure = task_figure(inputs, sample)
    figure.draw_without_rendering()
    first, second, query = [ax for ax in figure.axes if ax.images][:3]
    assert first.get_title().replace('\n', '') == '0002_c1s1_000000_01.jpg'
    left, middle, right = (ax.title.get_window_extent() for ax in (first, second, query))
    assert left.x1 < middle.x0
    assert middle.x1 < right.x0


def test_people_of_a_task_of_frames_are_framed() -> None:
    inputs = torch.zeros(2, 3, 40, 60, dtype=torch.uint8)
    sample = TaskDataSample(
        metainfo={
            'num_support': 1,
            'img_paths': ['d/B/img1/1.jpg', 'd/B/img1/7.jpg'],
        }
    )
    sample.labels, sample.centers = torch.tensor([2, -1]), torch.zeros(2, 2, 2)
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor([[1.0, 2, 11, 22], [30, 5, 40, 25], [2, 3, 12, 23]]),
        instances_ids=torch.tensor([2, 5, 2]),
        frames=torch.tensor([0, 0, 1]),
    )
    figure = task_figure(inputs, sample)
    shown = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in shown] == ['1.jpg', '7.jpg']
    boxes = [
        [each.get_bbox().bounds for each in ax.patches if isinstance(each, Rectangle)]
        for ax in shown
    ]
    assert boxes == [[(1, 2, 10, 20), (30, 5, 10, 20)], [(2, 3, 10, 20)]]
    widths = [each.get_linewidth() for each in shown[0].patches]
    assert widths[0] > widths[1]  # the other is not of the task


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r'shape \(2, 4, 4\), not'):
        task_figure(torch.zeros(2, 4, 4), crops_task()[1])
