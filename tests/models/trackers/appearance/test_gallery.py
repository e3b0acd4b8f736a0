import numpy as np
import torch

from mmmaml.models.trackers.appearance.gallery import Gallery


def gallery(interval=1.0):
    made = Gallery(3, interval)
    made.reserve(4, torch.zeros(2))
    return made


def append(made, slot, value, frame):
    made.append(np.array([slot]), torch.tensor([[float(value), 0.0]]), frame)


def test_it_keeps_the_last_and_never_grows():
    made = gallery()
    for frame in range(7):
        append(made, 2, frame, frame)
        assert made.count.tolist() == [0, 0, min(frame + 1, 3), 0]
    assert sorted(made.feats[2, :, 0].tolist()) == [4, 5, 6]
    assert made.feats.shape == (4, 3, 2)


def test_it_is_spread_over_time():
    made = gallery(interval=5.0)
    for frame in range(11):
        append(made, 0, frame, frame)
    feats, count = made.rows(np.array([0, 1]))
    assert count.tolist() == [3, 0]
    assert feats[0, :, 0].tolist() == [0, 5, 10]


def test_of_several_tracks_those_that_are_due_get_an_entry():
    made = gallery(interval=4.0)
    append(made, 3, 7, 0)
    made.append(np.array([3, 1]), torch.tensor([[8.0, 0.0], [9.0, 0.0]]), 2)
    assert made.count.tolist() == [0, 1, 0, 1]
    assert made.feats[[1, 3], 0, 0].tolist() == [9, 7]
    made.clear(np.array([3]))
    append(made, 3, 5, 3)  # long before it would have been due
    assert made.count.tolist() == [0, 1, 0, 1]
    assert made.feats[3, 0, 0] == 5
