import itertools
from dataclasses import astuple, fields, replace

import numpy as np
import pytest

from mmmaml.datasets.synthetic.body import BodyDrawing
from mmmaml.datasets.synthetic.people import Person, sample_people
from mmmaml.datasets.synthetic.pose import walking_pose
from mmmaml.datasets.synthetic.sprites import NUM_PHASES, NUM_YAWS, SpriteSheet


@pytest.mark.parametrize('similarity', [0.0, 0.4, 0.9])
def test_nobody_looks_like_another(similarity):
    people = sample_people(0, 200, group_size=10, similarity=similarity)
    assert len({astuple(p)[2:] for p in people}) == 200


def test_a_longer_list_starts_with_the_shorter_one():
    assert sample_people(3, 30)[:10] == sample_people(3, 10)
    assert sample_people(3, 10) != sample_people(4, 10)


def test_groups_share_the_colour_of_the_upper_garment():
    people = sample_people(0, 40, group_size=5)
    assert all(len({p.upper for p in people[k : k + 5]}) == 1 for k in range(0, 40, 5))
    assert len({p.upper for p in people}) == 4  # the palette is small


def test_similarity_is_what_it_says():
    def differing(similarity):
        people = sample_people(0, 400, group_size=4, similarity=similarity)
        names = [f.name for f in fields(Person) if f.name not in ('height', 'build')]
        pairs = [(people[k], people[k + 1]) for k in range(0, 400, 4)]
        return np.mean([sum(getattr(a, n) != getattr(b, n) for n in names) for a, b in pairs])

    loose, tight = differing(0.0), differing(0.9)
    assert loose > 5
    assert tight < 1.8


@pytest.mark.parametrize('palette', range(4))
def test_the_people_look_different_in_pictures(palette):
    """Two of a group with nearly everything in common differ in some pixels of front or side."""
    people = sample_people(1, 8, palette, group_size=8, similarity=0.9)
    pictures = [
        np.stack([_picture(replace(p, height=1.7, build=1.0), yaw) for yaw in (np.pi / 2, np.pi)])
        for p in people
    ]
    for first, second in itertools.combinations(pictures, 2):
        assert (first != second).any(-1).sum() > 10


def _picture(person, yaw):
    return BodyDrawing(person, walking_pose(1.0), yaw, resolution=96).paint()


@pytest.mark.parametrize('phase', range(0, NUM_PHASES + 1, 3))
@pytest.mark.parametrize('yaw', range(0, NUM_YAWS, 3))
def test_sprites_stand_on_their_anchor_and_fill_their_height(phase, yaw):
    person = next(p for p in sample_people(0, 50) if p.hat == 'none')
    sprite = SpriteSheet(person, resolution=200).sprite(phase, yaw)
    mask = sprite.image[..., 3] >= 128
    rows = np.flatnonzero(mask.any(1))
    assert 185 <= rows[-1] - rows[0] <= 215
    assert abs(rows[-1] - sprite.anchor[1]) <= 6
    columns = np.flatnonzero(mask.any(0))
    assert columns[0] < sprite.anchor[0] < columns[-1]
    assert (sprite.image[..., :3] <= sprite.image[..., 3:]).all()  # multiplied by alpha
    assert (sprite.image[[0, -1], :, 3] > 0).any()  # cut to what is drawn


def test_sprites_are_drawn_once():
    sheet = SpriteSheet(sample_people(0, 1)[0], 64)
    assert sheet.sprite(3, 5) is sheet.sprite(3, 5)


@pytest.mark.parametrize('stride', [0.0, 0.5, 1.0])
def test_limbs_keep_their_lengths_and_one_foot_the_ground(stride):
    for phase in np.linspace(0, 2 * np.pi, 25):
        pose = walking_pose(phase, stride)
        for a, b, length in (
            (pose.hips, pose.knees, 0.245),
            (pose.knees, pose.ankles, 0.235),
            (pose.elbows, pose.hands, 0.16),
        ):
            np.testing.assert_allclose(np.linalg.norm(b - a, axis=1), length, atol=1e-12)
        assert abs(pose.ankles[:, 2].min() - 0.035) < 1e-12


def test_half_a_gait_later_the_sides_have_changed_places():
    one, other = walking_pose(0.7), walking_pose(0.7 + np.pi)
    for name in ('knees', 'ankles', 'elbows', 'hands'):
        a, b = getattr(one, name), getattr(other, name)[::-1] * (1, -1, 1)
        np.testing.assert_allclose(a, b, atol=1e-12)
