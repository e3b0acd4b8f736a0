"""The motion of the camera: estimated from images, and followed by the tracks."""

import cv2
import numpy as np
import pytest
import torch

from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.models.trackers.motion.camera_input import grey_image, in_original_pixels
from mmmaml.models.trackers.motion.camera_motion import STILL, CameraMotion

from ..stories import APPEARANCE, box, stages
from .test_box_models import similarity

HEIGHT, WIDTH, MARGIN = 240, 320, 80
NOBODY = np.zeros((0, 4))
CORNERS = np.array([[0.0, 0], [WIDTH, 0], [0, HEIGHT], [WIDTH, HEIGHT]])


@pytest.fixture(scope='module')
def scene() -> np.ndarray:
    """A textured surface larger than what the camera sees of it."""
    rng = np.random.default_rng(0)
    size = (WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN)
    layers = [
        cv2.resize(rng.uniform(0, 255, (size[1] // step, size[0] // step)), size, interpolation=2)
        for step in (8, 16, 64)
    ]
    return np.clip(np.mean(layers, axis=0), 0, 255)


def view(scene: np.ndarray, transform: np.ndarray = STILL) -> np.ndarray:
    """The grey frame of a camera that has moved by ``transform`` since ``view(scene)``."""
    shift = np.array([[1, 0, -MARGIN], [0, 1, -MARGIN], [0, 0, 1.0]])
    frame = cv2.warpAffine(scene, transform @ shift, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
    return np.clip(frame, 0, 255).astype(np.uint8)


def assert_same_motion(
    found: np.ndarray, expected: np.ndarray, pixels: float = 0.1, share: float = 1e-3
) -> None:
    ends = [CORNERS @ each[:, :2].T + each[:, 2] for each in (found, expected)]
    assert np.abs(ends[0] - ends[1]).max() < pixels
    np.testing.assert_allclose(found[:, :2], expected[:, :2], atol=share)


@pytest.mark.parametrize(
    'expected',
    [
        similarity(0, 1, (0, 0)),
        similarity(0, 1, (7.3, -4.6)),
        similarity(1.5, 1.02, (-12, 5)),
        similarity(-3, 0.96, (20, 15)),
    ],
)
def test_known_motion_is_found(scene, expected):
    camera = CameraMotion()
    np.testing.assert_array_equal(camera.estimate(view(scene), NOBODY), STILL)
    assert_same_motion(camera.estimate(view(scene, expected), NOBODY), expected)
    assert camera.failures == 0
    # From there on: the same frame again.
    assert_same_motion(camera.estimate(view(scene, expected), NOBODY), STILL)


def test_known_motion_is_found_by_all_pixels(scene):
    camera = CameraMotion(method='ecc')
    expected = similarity(1, 1, (3.4, -2.5))
    camera.estimate(view(scene), NOBODY)
    assert_same_motion(camera.estimate(view(scene, expected), NOBODY), expected)


def test_shrunk_images_give_the_motion_of_the_original_ones(scene):
    camera = CameraMotion(max_side=160)
    expected = similarity(1.5, 1.02, (-12, 5))
    camera.estimate(view(scene), NOBODY)
    found = camera.estimate(view(scene, expected), NOBODY)
    assert_same_motion(found, expected, pixels=0.5, share=2e-3)


def test_people_who_walk_together_are_not_the_background(scene):
    # Two thirds of the image walk to the right before a camera at rest.
    before, now = view(scene), view(scene)
    crowd = np.array([[0.0, 40, WIDTH, 200]])
    before[40:200], now[40:200] = (
        view(scene.T)[40:200],
        view(scene.T, similarity(0, 1, (5, 0)))[40:200],
    )
    masked, fooled = CameraMotion(), CameraMotion()
    masked.estimate(before, crowd)
    assert_same_motion(masked.estimate(now, crowd), STILL)
    fooled.estimate(before, NOBODY)
    assert abs(fooled.estimate(now, NOBODY)[0, 2] - 5) < 0.1


@pytest.mark.parametrize('method', ['sparse_flow', 'ecc'])
def test_darkness_is_stillness_and_is_counted(scene, method):
    camera, dark = CameraMotion(method=method), np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    for frame in (view(scene), dark, dark, view(scene), view(scene)):
        np.testing.assert_allclose(camera.estimate(frame, NOBODY), STILL, atol=1e-6)
    assert (camera.frames, camera.failures) == (5, 3)
    camera.reset()
    assert (camera.frames, camera.failures) == (0, 0)


def test_a_cut_is_stillness(scene):
    camera = CameraMotion()
    camera.estimate(view(scene), NOBODY)
    noise = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH), dtype=np.uint8)
    np.testing.assert_array_equal(camera.estimate(noise, NOBODY), STILL)
    assert camera.failures == 1


def test_a_frame_of_another_size_is_stillness(scene):
    camera = CameraMotion()
    camera.estimate(view(scene), NOBODY)
    np.testing.assert_array_equal(camera.estimate(view(scene)[:200], NOBODY), STILL)
    assert camera.failures == 1


def test_an_image_full_of_people_is_stillness(scene):
    camera, everywhere = CameraMotion(), np.array([[-5.0, -5, WIDTH + 5, HEIGHT + 5]])
    camera.estimate(view(scene), everywhere)
    moved = view(scene, similarity(0, 1, (5, 0)))
    np.testing.assert_array_equal(camera.estimate(moved, everywhere), STILL)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'method': 'magic'}, "method='magic' must be 'sparse_flow' or 'ecc'"),
        ({'max_side': 0}, 'camera_motion.max_side=0 must be at least 1 pixel'),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        OnlineMetaTracker(camera_motion=options)


# ---- from the input of a network


@pytest.mark.parametrize('swap', ['bgr_to_rgb', None])
def test_the_grey_frame_is_that_of_the_file(swap):
    bgr = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    mean, std = [10.0, 20, 30], [2.0, 3, 4]
    inputs = torch.from_numpy(bgr[..., ::-1].copy() if swap else bgr).permute(2, 0, 1).float()
    inputs = (inputs - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    padded = torch.nn.functional.pad(inputs, (0, 4, 0, 8))[None]
    options = {'mean': mean, 'std': std, **({swap: True} if swap else {})}
    grey = grey_image(padded, {'img_shape': (40, 60)}, options)
    expected = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    assert grey.shape == expected.shape
    assert np.abs(grey.astype(int) - expected).max() <= 1


def test_inputs_that_are_not_normalised_are_taken_as_they_are():
    img = torch.full((1, 3, 4, 5), 77.0)
    assert (grey_image(img, {}, None) == 77).all()


def test_motion_of_a_resized_frame_in_original_pixels():
    point = np.array([30.0, 50])
    small = similarity(20, 1.1, (3, -4))
    full = in_original_pixels(small, (0.5, 0.25))
    moved = small[:, :2] @ (point * [0.5, 0.25]) + small[:, 2]
    np.testing.assert_allclose(full[:, :2] @ point + full[:, 2], moved / [0.5, 0.25])


# ---- tracks


def camera_jumps(follow: bool, jump: np.ndarray = STILL, **options):
    """Two people stand there, the camera turns away by more than their size; ids after that."""
    track = OnlineMetaTracker(frame_rate=10, **options)
    for frame in range(6):
        feats = APPEARANCE[:2] if frame < 5 else None
        centres = np.array([[100.0, 200], [300, 200]])
        if frame == 5:
            centres = centres @ jump[:, :2].T + jump[:, 2]
        boxes = torch.tensor([box(*each) for each in centres])
        ids = track.step(
            frame,
            boxes,
            torch.full((2,), 0.9),
            torch.zeros(2, dtype=torch.long),
            feats,
            camera_motion=jump if follow and frame == 5 else None,
        )
    return ids.tolist()


def test_tracks_follow_a_camera_that_jumps():
    jump = similarity(0, 1, (200.0, 0))
    assert camera_jumps(True, jump) == [1, 2]
    # Who stands where the other one stood is taken for the other one.
    assert camera_jumps(False, jump) == [2, -1]


@pytest.mark.parametrize('kalman_box', ['cxcyah', 'cxcywh'])
def test_tracks_follow_a_camera_that_turns(kalman_box):
    jump = similarity(10, 1.1, (-60, 20))
    assert camera_jumps(True, jump, kalman_box=kalman_box) == [1, 2]


def test_who_was_lost_is_looked_for_where_they_would_be_now():
    for follow, expected in ((True, 1), (False, -1)):
        track = OnlineMetaTracker(
            frame_rate=10, recent_seconds=0, stages=stages(reentry={'anywhere_seconds': 9})
        )
        jump = similarity(0, 1, (500.0, 0))

        def see(frame, boxes, appearance, transform=None, track=track):
            number = len(boxes)
            return track.step(
                frame,
                torch.tensor(boxes).reshape(number, 4),
                torch.full((number,), 0.9),
                torch.zeros(number, dtype=torch.long),
                APPEARANCE[appearance],
                camera_motion=transform,
            ).tolist()

        see(0, [box(100), box(300)], [0, 1])
        see(1, [box(300)], [1])
        see(2, [box(800)], [1], jump if follow else None)
        assert see(5, [box(610), box(800)], [0, 1])[0] == expected


def test_tracks_follow_the_images(scene):
    track = OnlineMetaTracker(camera_motion={}, stages=stages(overlap={'iou_thr': 0.9}))
    for frame, shift in enumerate([0, 0, 0, 18, 18]):
        boxes = torch.tensor([box(150 + shift, 120, 20, 50)])
        ids = track.step(
            frame,
            boxes,
            torch.full((1,), 0.9),
            torch.zeros(1).long(),
            image=view(scene, similarity(0, 1, (shift, 0))),
        )
        assert ids.tolist() == [1]
    assert track.camera.failures == 0
    track.reset()
    assert track.camera.frames == 0


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        ({}, 'has camera_motion options, but this frame came without image'),
        ({'image': np.zeros((4, 4))}, r'image has shape \(4, 4\) and type float64, expected'),
        ({'image': np.zeros((2, 4, 4), np.uint8)}, r'image has shape \(2, 4, 4\) and type uint8'),
        ({'image': [[1]]}, 'type list'),
        ({'camera_motion': np.eye(3)}, r'camera_motion has shape \(3, 3\)'),
        ({'camera_motion': np.full((2, 3), np.nan)}, 'finite affine transform'),
        ({'camera_motion': np.diag([1, -1, 1])[:2]}, 'determinant -1, expected a positive'),
    ],
)
def test_wrong_inputs_are_refused_and_change_nothing(scene, given, message):
    track = OnlineMetaTracker(camera_motion={})
    arguments = torch.tensor([box(150)]), torch.ones(1), torch.zeros(1).long()
    assert track.step(0, *arguments, image=view(scene)).tolist() == [1]
    with pytest.raises(ValueError, match=message):
        track.step(1, *arguments, **given)
    assert track.tracks.frame_id == 0
    assert track.step(1, *arguments, image=view(scene)).tolist() == [1]


def test_the_grey_frame_has_no_border():
    img = torch.rand(1, 3, 20, 30) * 255
    meta = {'img_shape': (20, 28), 'pad_param': (3.0, 2.0, 4.0, 1.0)}
    expected = grey_image(img[:, :, 3:18, 4:27], {}, None)
    np.testing.assert_array_equal(grey_image(img, meta, None), expected)
