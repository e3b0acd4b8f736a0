import time

import numpy as np
import pytest

from mmmaml.visualization.colors import track_colors
from mmmaml.visualization.drawing import count_title, draw_tracks
from mmmaml.visualization.drawing.boxes import _free_spot
from mmmaml.visualization.drawing.style import DrawingStyle
from mmmaml.visualization.drawing.trails import Trails

GRAY = 90
# Lines of one pixel are anti-aliased away from the full colour.
WIDE = DrawingStyle(line_width=3, font_scale=0.4, font_width=1)


def street(height: int = 360, width: int = 640) -> np.ndarray:
    return np.full((height, width, 3), GRAY, dtype=np.uint8)


def bgr(track: int) -> list[int]:
    return track_colors(np.array([track]))[0, ::-1].tolist()


def has_color(region: np.ndarray, color: list[int]) -> bool:
    return bool((np.abs(region.astype(int) - color).max(axis=-1) <= 2).any())


def test_picture_without_tracks_is_unchanged_and_a_copy():
    image = street()
    drawn = draw_tracks(image, np.zeros((0, 4)), np.zeros(0, dtype=int))
    np.testing.assert_array_equal(drawn, image)
    assert drawn is not image


def test_box_is_in_the_colour_of_its_id_and_input_is_untouched():
    image = street()
    drawn = draw_tracks(image, np.array([[100, 100, 160, 250.0]]), np.array([3]), style=WIDE)
    assert (image == GRAY).all()
    for y, x in [(200, 100), (200, 160), (250, 130)]:
        assert has_color(drawn[y - 1 : y + 2, x - 1 : x + 2], bgr(3))
    assert (drawn[110:240, 110:150] == GRAY).all()
    assert (drawn[:, 300:] == GRAY).all()


def test_label_stands_above_the_box():
    drawn = draw_tracks(street(), np.array([[100, 100, 160, 250.0]]), np.array([3]))
    assert has_color(drawn[88:96, 101:110], bgr(3))
    assert (drawn[:80] == GRAY).all()


@pytest.mark.parametrize(
    'bbox',
    [
        [-50, -50, 20, 30],
        [600, 300, 900, 700],
        [-9e3, -9e3, 9e3, 9e3],
        [300, 100, 1e15, 200],
        [50, 50, 50, 50],
    ],
)
def test_boxes_over_the_border_keep_their_label_inside(bbox):
    drawn = draw_tracks(street(), np.array([bbox], dtype=float), np.array([1000003]))
    width = (np.abs(drawn.astype(int) - bgr(1000003)).max(axis=-1) <= 2).sum(axis=1).max()
    assert drawn.shape == (360, 640, 3)
    assert width >= 40  # seven digits on a plate of the track's colour


def test_negative_ids_and_boxes_that_are_not_finite_are_not_drawn():
    bboxes = np.array([[100, 100, 160, 250.0], [np.nan, 0, 10, 10]])
    drawn = draw_tracks(street(), bboxes, np.array([-1, 4]))
    assert (drawn == GRAY).all()


def test_nearer_person_is_drawn_over_the_farther_one():
    far, near = [100, 50, 200, 200.0], [100, 100, 200, 300.0]
    for order in ([0, 1], [1, 0]):
        bboxes, ids = np.array([far, near])[order], np.array([1, 2])[order]
        drawn = draw_tracks(street(), bboxes, ids, style=WIDE)
        assert has_color(drawn[149:152, 99:102], bgr(2))
        assert not has_color(drawn[149:152, 99:102], bgr(1))


def test_trail_is_drawn_for_tracks_in_the_frame_only():
    trails = Trails(
        ids=np.array([1, 1, 2, 2]),
        frames=np.array([1, 2, 1, 2]),
        points=np.array([[300, 300], [400, 300], [300, 340], [400, 340.0]]),
    )
    drawn = draw_tracks(street(), np.array([[390, 200, 410, 300.0]]), np.array([1]), trails, WIDE)
    assert has_color(drawn[299:302, 340:345], bgr(1))
    assert (drawn[320:] == GRAY).all()


def test_standing_person_leaves_no_blot():
    trails = Trails(np.array([1, 1]), np.array([1, 2]), np.array([[400, 300], [401, 300.5]]))
    box, ids = np.array([[380, 200, 420, 300.0]]), np.array([1])
    np.testing.assert_array_equal(
        draw_tracks(street(), box, ids, trails), draw_tracks(street(), box, ids)
    )


def test_labels_of_one_place_do_not_cover_each_other():
    placed = np.zeros((0, 4))
    bbox = np.array([100, 100, 160, 250.0])
    for _ in range(6):
        spot = _free_spot(bbox, (25, 12), (360, 640, 3), placed)
        overlap = np.maximum(spot[:2], placed[:, :2]) < np.minimum(spot[2:], placed[:, 2:])
        assert not overlap.all(axis=1).any()
        placed = np.concatenate([placed, [spot]])
    # When every place is taken, the one that covers least: here all are covered wholly.
    np.testing.assert_array_equal(_free_spot(bbox, (25, 12), (360, 640, 3), placed), placed[0])
    placed[2] += [0, 5, 0, 5]
    np.testing.assert_array_equal(
        _free_spot(bbox, (25, 12), (360, 640, 3), placed), placed[2] - [0, 5, 0, 5]
    )


def test_label_moves_to_a_place_inside_the_picture():
    left, top, right, bottom = _free_spot(
        np.array([620, -5, 700, 100.0]), (25, 12), (360, 640, 3), np.zeros((0, 4))
    )
    assert 0 <= left <= right < 640
    assert 0 <= top <= bottom < 360


def test_sizes_grow_with_the_picture():
    small, large = DrawingStyle.for_image(360, 640), DrawingStyle.for_image(2160, 3840)
    assert small.line_width < large.line_width
    assert small.font_scale < large.font_scale
    assert DrawingStyle.for_image(360, 640, line_width=7).line_width == 7


def test_wrong_arrays_are_refused():
    box = np.zeros((1, 4))
    with pytest.raises(ValueError, match=r'got shapes \(1, 4\) and \(2,\)'):
        draw_tracks(street(), box, np.array([1, 2]))
    with pytest.raises(ValueError, match=r'got shape \(360, 640\) of uint8'):
        draw_tracks(street()[..., 0], box, np.array([1]))
    with pytest.raises(ValueError, match='float64'):
        draw_tracks(street().astype(float), box, np.array([1]))


def test_thirty_tracks_with_trails_take_less_than_ten_milliseconds():
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, [600, 300], (30, 2))
    bboxes = np.concatenate([corner, corner + np.array([20, 50])], axis=1)
    ids = np.arange(30)
    points = (corner + np.array([10, 50]))[:, None] + np.cumsum(
        rng.normal(size=(30, 25, 2)), axis=1
    )
    trails = Trails(ids.repeat(25), np.tile(np.arange(25), 30), points.reshape(-1, 2))
    image, seconds = street(), []
    for _ in range(20):
        start = time.thread_time()
        draw_tracks(image, bboxes, ids, trails)
        seconds.append(time.thread_time() - start)
    assert min(seconds) < 0.01  # the least of many, for machines that are busy


def test_a_title_stands_in_the_corner():
    people = np.array([[100, 100, 160, 250.0]]), np.array([3])
    plain = draw_tracks(street(), *people)
    drawn = draw_tracks(street(), *people, title=count_title(12.34, 1))
    changed = np.argwhere((drawn != plain).any(axis=2))
    assert changed.min(axis=0).tolist() == [0, 0]
    assert changed[:, 0].max() < 40
    assert has_color(drawn[:40], [255, 255, 255])


def test_the_title_tells_counted_and_tracked_people():
    assert count_title(12.34, 9) == 'counted 12.3, tracked 9'
    assert count_title(None, 9) == ''
