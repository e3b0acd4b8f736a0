import numpy as np
import pytest

from mmmaml.datasets.synthetic import SequenceAppearance, SequenceSpec
from mmmaml.datasets.synthetic.motion import FARTHEST, NEAREST, Camera, simulate_walks


@pytest.fixture(scope='module')
def long_walks():
    spec = SequenceSpec('A', num_frames=1500, num_people=30, frame_rate=25)
    camera = Camera(*spec.size, spec.appearance.camera_height)
    return camera, simulate_walks(spec, camera, np.random.default_rng(0))


def test_projection_goes_both_ways():
    camera = Camera(640, 360, 3.0)
    for x, z in ((0.0, 7.0), (-2.5, 12.0)):
        column, row = camera.project(x, z)
        assert camera.depth(row) == pytest.approx(z)
        assert camera.ground_x(column, z) == pytest.approx(x)
        # A metre at that depth spans as many pixels as the scale says.
        assert camera.project(x + 1, z)[0] - column == pytest.approx(camera.scale(z))
        assert (row - camera.horizon) / camera.height == pytest.approx(camera.scale(z))


def test_nobody_leaves_the_walkable_ground(long_walks):
    camera, walks = long_walks
    rows = camera.project(walks.x, walks.z)[1] / 360
    assert rows.min() >= FARTHEST - 1e-9
    assert rows.max() <= NEAREST + 1e-9


def test_people_walk_at_walking_pace_stop_and_turn(long_walks):
    camera, walks = long_walks
    inside = _inside(camera, walks)
    both = inside[:, 1:] & inside[:, :-1]
    speed = np.hypot(np.diff(walks.x), np.diff(walks.z))[both] * 25
    assert speed.max() < 2.5
    assert 0.02 < (speed < 0.05).mean() < 0.4
    turn = np.abs(np.angle(np.exp(1j * np.diff(walks.yaw))))[both]
    assert (turn > 0.05).sum() > 50
    assert turn.max() < 0.7  # no jumps


def _inside(camera, walks):
    columns = camera.project(walks.x, walks.z)[0]
    return (columns > 0) & (columns < camera.width)


def test_people_leave_and_come_back_after_seconds(long_walks):
    camera, walks = long_walks
    gaps = []
    for inside in _inside(camera, walks):
        frames = np.flatnonzero(inside)
        gaps += [g for g in np.diff(frames) if g > 1]
    assert len(gaps) > 30
    assert min(gaps) > 25  # somebody is away for more than a second


def test_walking_direction_is_the_way_one_looks(long_walks):
    camera, walks = long_walks
    moving = _inside(camera, walks)[:, :-1] & walks.walking[:, :-1]
    velocity = np.diff(walks.x) - 1j * np.diff(walks.z)
    error = np.angle(velocity * np.exp(-1j * walks.yaw[:, :-1]))[moving]
    assert (np.abs(error) < 0.3).mean() > 0.85


def test_legs_move_with_the_ground_and_rest_when_standing(long_walks):
    camera, walks = long_walks
    inside = _inside(camera, walks)
    cycles = np.diff(walks.phase) / (2 * np.pi)
    metres = np.hypot(np.diff(walks.x), np.diff(walks.z))
    steady = inside[:, :-1] & inside[:, 1:] & walks.walking[:, :-1] & walks.walking[:, 1:]
    assert np.median(metres[steady] / cycles[steady]) == pytest.approx(1.45, rel=0.02)
    assert cycles[~walks.walking[:, :-1] & ~walks.walking[:, 1:]].max() < 0.01


@pytest.mark.parametrize(('num_frames', 'num_people'), [(1, 1), (2, 3)])
def test_shortest_sequences(num_frames, num_people):
    spec = SequenceSpec('A', num_frames=num_frames, num_people=num_people)
    walks = simulate_walks(spec, Camera(*spec.size, 3.2), np.random.default_rng(0))
    assert walks.x.shape == walks.walking.shape == (num_people, num_frames)
    assert all(np.isfinite(a).all() for a in (walks.x, walks.z, walks.yaw, walks.phase))


@pytest.mark.parametrize(
    ('build', 'message'),
    [
        (lambda: SequenceSpec('a/b'), r"name='a/b' must be the plain name of a folder"),
        (lambda: SequenceSpec(''), r"name=''"),
        (lambda: SequenceSpec('A', num_frames=0), r'num_frames=0 must be at least 1'),
        (lambda: SequenceSpec('A', size=(640, 32)), r'size=\(640, 32\) must be at least'),
        (lambda: SequenceSpec('A', num_people=0), r'num_people=0'),
        (lambda: SequenceSpec('A', frame_rate=0), r'frame_rate=0'),
        (lambda: SequenceSpec('A', similarity=1.0), r'similarity=1\.0 must be 0 to 0\.9'),
        (lambda: SequenceSpec('A', jpeg_quality=0), r'jpeg_quality=0'),
        (lambda: SequenceAppearance(brightness=0), r'brightness=0 must be greater than 0'),
        (
            lambda: SequenceAppearance(colour_cast=(1, 1)),
            r'colour_cast=\(1, 1\) must be three gains',
        ),
        (lambda: SequenceAppearance(palette=4), r'palette=4 must be 0 to 3'),
        (lambda: SequenceAppearance(light_change=1), r'light_change=1'),
    ],
)
def test_specs_out_of_range(build, message):
    with pytest.raises(ValueError, match=message):
        build()
