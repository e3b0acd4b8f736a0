import cv2
import numpy as np
import pytest

from mmmaml.visualization.drawing.error_boxes import (
    FALSE_POSITIVE,
    KINDS,
    MATCH,
    MISS,
    SWITCH,
    ErrorBoxes,
)
from mmmaml.visualization.drawing.errors import COLORS, draw_errors
from mmmaml.visualization.drawing.style import DrawingStyle
from mmmaml.visualization.videos.error_videos import render_error_video

GRAY = 90
STYLE = DrawingStyle(line_width=3, font_scale=0.4, font_width=1)
BOX = (100, 100, 160, 250)


def street() -> np.ndarray:
    return np.full((360, 640, 3), GRAY, dtype=np.uint8)


def one(kind: str, label: str = '') -> ErrorBoxes:
    return ErrorBoxes(
        np.array([1]), np.array([KINDS.index(kind)]), np.array([BOX], dtype=float), [label]
    )


def share_of_color(drawn: np.ndarray, kind: str) -> float:
    """Share of the left side of the box that is drawn in the colour of a kind."""
    side = drawn[BOX[1] : BOX[3], BOX[0]].astype(int)
    return float((np.abs(side - COLORS[kind][::-1]).max(axis=1) <= 30).mean())


def test_kinds_have_their_colours_and_misses_are_dashed():
    for kind in (MATCH, FALSE_POSITIVE, SWITCH):
        assert share_of_color(draw_errors(street(), one(kind), style=STYLE), kind) > 0.9, kind
    assert 0.3 < share_of_color(draw_errors(street(), one(MISS), style=STYLE), MISS) < 0.8


def test_errors_are_drawn_over_matches_and_have_labels():
    both = ErrorBoxes(
        np.array([1, 1]),
        np.array([KINDS.index(SWITCH), KINDS.index(MATCH)]),
        np.array([BOX, (100, 100, 160, 300)], dtype=float),
        ['7>8', ''],
    )
    image = street()
    drawn = draw_errors(image, both, style=STYLE)
    assert (image == GRAY).all()
    assert share_of_color(drawn, SWITCH) > 0.9
    plate = drawn[80:99, 101:110].astype(int)
    assert (np.abs(plate - COLORS[SWITCH][::-1]).max(axis=2) <= 2).any()


def test_the_legend_counts():
    none = ErrorBoxes(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 4)), [])
    drawn, titled = draw_errors(street(), none), draw_errors(street(), none, 'frame 3')
    assert (drawn[60:] == GRAY).all()
    assert (drawn[:12, :50] != GRAY).mean() > 0.9
    width, wider = ((each[3] != GRAY).any(axis=1).sum() for each in (drawn, titled))
    assert wider > width + 30
    narrow = draw_errors(np.full((40, 60, 3), GRAY, dtype=np.uint8), none, 'frame 3')
    assert narrow.shape == (40, 60, 3)


def test_huge_boxes_cost_no_time():
    huge = one(MISS)
    huge.bboxes[:] = (-1e9, -1e9, 1e9, 1e9)
    assert draw_errors(street(), huge).shape == (360, 640, 3)


def test_no_picture_is_refused():
    with pytest.raises(ValueError, match=r'must be \(H, W, 3\) uint8'):
        draw_errors(np.zeros((4, 4)), one(MATCH))


def test_a_video_shows_the_tested_frames(run, tmp_path):
    done: list[int] = []
    out = render_error_video(
        run.evaluation.sequences['WALK'], tmp_path / 'a.mp4', tmp_path / 'pictures', done.append
    )
    capture = cv2.VideoCapture(str(out))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 12
    assert capture.get(cv2.CAP_PROP_FPS) == 10
    assert done == list(range(1, 13))
    first = cv2.imread(str(tmp_path / 'pictures' / '000001.jpg'))
    assert first[110, 150].mean() == pytest.approx(40, abs=3)  # image 4 of the sequence
    missed = cv2.imread(str(tmp_path / 'pictures' / '000007.jpg')).astype(int)
    yellow = np.abs(missed - COLORS[MISS][::-1]).max(axis=2) < 60
    assert yellow[35:95, 5:35].any()
    assert not yellow[35:, 60:].any()


def test_a_video_needs_its_frames(run, tmp_path):
    with pytest.raises(ValueError, match=r'suffix \.mp4'):
        render_error_video(run.evaluation.sequences['WALK'], tmp_path / 'a.avi')
    (tmp_path / 'data/WALK/img1/000009.jpg').write_text('no image')
    with pytest.raises(ValueError, match=r'000009\.jpg is missing or no readable image'):
        render_error_video(run.evaluation.sequences['WALK'], tmp_path / 'a.mp4')
    assert not (tmp_path / 'a.mp4').exists()
