import hashlib
import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest

from mmmaml.datasets.synthetic import (
    SequenceAppearance,
    SequenceSpec,
    dataset_specs,
    generate_sequence,
    render_sequence,
)
from mmmaml.datasets.synthetic.noisy_detections import simulate_detections
from mmmaml.utils.mot_files import find_sequences, read_rows, read_seqinfo

SMALL = SequenceSpec('A', num_frames=12, size=(160, 96), num_people=5, frame_rate=4, seed=3)


def _digests(folder):
    files = sorted(p for p in folder.rglob('*') if p.is_file())
    return {str(p.relative_to(folder)): hashlib.md5(p.read_bytes()).hexdigest() for p in files}


def test_same_spec_same_bytes(tmp_path):
    first = _digests(generate_sequence(SMALL, tmp_path / 'a'))
    assert len(first) == 12 + 3
    assert _digests(generate_sequence(SMALL, tmp_path / 'b')) == first
    other = _digests(generate_sequence(replace(SMALL, seed=4), tmp_path / 'c'))
    assert other['seqinfo.ini'] == first['seqinfo.ini']
    assert all(other[name] != first[name] for name in first if name != 'seqinfo.ini')


def test_global_generators_play_no_part(tmp_path):
    np.random.seed(0)
    first = next(render_sequence(SMALL)).image
    np.random.seed(1)
    np.testing.assert_array_equal(next(render_sequence(SMALL)).image, first)


def test_layout_and_rows(mot_root):
    for folder in find_sequences(mot_root / 'train') + find_sequences(mot_root / 'test'):
        info = read_seqinfo(folder)
        assert (info.num_frames, info.width, info.height, info.frame_rate) == (30, 192, 128, 6)
        assert cv2.imread(str(info.image_path(30))).shape == (128, 192, 3)
        rows = read_rows(folder / 'gt' / 'gt.txt')
        assert len(np.unique(rows[:, :2], axis=0)) == len(rows)
        people = rows[:, 1] <= 6
        assert (rows[people][:, [6, 7]] == 1).all()
        assert (rows[~people][:, [1, 6, 7]] == (7, 0, 7)).all()
        assert ((rows[:, 8] >= 0) & (rows[:, 8] <= 1)).all()
        assert (rows[:, 4:6] >= 1).all()
        inside = np.minimum(rows[:, 2:4] + rows[:, 4:6], (192, 128)) - np.maximum(rows[:, 2:4], 0)
        assert (inside >= 1).all()


def test_sequences_of_a_dataset_share_nobody():
    from mmmaml.datasets.synthetic.render import _Renderer

    specs = dataset_specs(3, seed=0, num_frames=1, num_people=7, size=(64, 64))
    people = [[s.person for s in _Renderer(spec).sheets] for spec in specs]
    for first, second in itertools.combinations(people, 2):
        assert not set(first) & set(second)
    assert [spec.name for spec in specs] == ['DEMO-01', 'DEMO-02', 'DEMO-03']


def test_looks_are_taken_in_turn():
    specs = dataset_specs(3, 0, [SequenceAppearance(), SequenceAppearance(palette=2)])
    assert [spec.appearance.palette for spec in specs] == [0, 2, 0]


def test_identities_leave_and_return_under_their_id():
    spec = SequenceSpec('A', 150, size=(128, 72), num_people=10, frame_rate=6, seed=1)
    seen = [set(frame.ids.tolist()) for frame in render_sequence(spec)]
    returns = 0
    for identity in range(1, 11):
        present = np.flatnonzero([identity in ids for ids in seen])
        returns += int((np.diff(present) > 6).sum())
    assert returns >= 5
    assert max(map(len, seen)) > 5


def test_visibility_agrees_with_what_changes_in_the_picture():
    """Painted over each other pixel by pixel, in Python, from the layers of a crowded frame."""
    from mmmaml.datasets.synthetic.render import _Renderer

    renderer = _Renderer(replace(SMALL, num_people=15))
    frame = renderer._frame(5)
    layers, identities = renderer._layers(5, *renderer.sway[5])
    owner, total = {}, {}
    for identity, layer in zip(identities, layers, strict=True):
        ys, xs = np.nonzero(layer.image[..., 3] >= 128)
        total[identity] = len(ys)
        for y, x in zip((ys + layer.top).tolist(), (xs + layer.left).tolist(), strict=True):
            if 0 <= y < 96 and 0 <= x < 160:
                owner[y, x] = identity
    owners = np.array(list(owner.values()))
    expected = [(owners == i).sum() / total[i] for i in frame.ids]
    np.testing.assert_allclose(frame.visibility, expected, rtol=0, atol=0)
    assert ((frame.visibility > 0) & (frame.visibility < 1)).sum() >= 3


def _grey_mean(appearance):
    return np.mean(
        [f.image.mean() for f in render_sequence(replace(SMALL, appearance=appearance))]
    )


def test_looks_shift_the_picture():
    plain = SequenceAppearance(light_change=0.0, noise_sigma=0.0)
    base = _grey_mean(plain)
    assert _grey_mean(replace(plain, brightness=0.5)) == pytest.approx(base / 2, rel=0.03)
    assert _grey_mean(replace(plain, light_change=0.4)) < 0.98 * base
    cold = next(
        render_sequence(replace(SMALL, appearance=replace(plain, colour_cast=(1.2, 1, 0.8))))
    )
    neutral = next(render_sequence(replace(SMALL, appearance=plain)))
    shift = cold.image.mean((0, 1)) / neutral.image.mean((0, 1))
    np.testing.assert_allclose(shift, (1.2, 1, 0.8), rtol=0.04)
    noisy = next(render_sequence(replace(SMALL, appearance=replace(plain, noise_sigma=8.0)))).image
    assert (noisy.astype(int) - neutral.image).std() == pytest.approx(8, rel=0.1)
    soft = next(render_sequence(replace(SMALL, appearance=replace(plain, blur_sigma=2.0)))).image
    assert np.diff(soft.astype(int), axis=1).std() < 0.7 * np.diff(neutral.image.astype(int)).std()


def test_truth_does_not_depend_on_light():
    dark = replace(
        SMALL, appearance=SequenceAppearance(brightness=0.4, noise_sigma=12, light_change=0)
    )
    for one, other in zip(render_sequence(SMALL), render_sequence(dark), strict=True):
        np.testing.assert_array_equal(one.boxes, other.boxes)
        np.testing.assert_array_equal(one.visibility, other.visibility)


def test_background_moves_with_the_camera():
    still = replace(
        SMALL, appearance=SequenceAppearance(camera_sway=0, noise_sigma=0, light_change=0)
    )
    moving = replace(
        SMALL, appearance=SequenceAppearance(camera_sway=6, noise_sigma=0, light_change=0)
    )

    def change(spec):
        frames = [f.image[:25].astype(int) for f in render_sequence(spec)]  # facades only
        return np.mean([np.abs(a - b).mean() for a, b in itertools.pairwise(frames)])

    assert change(moving) > 5 * change(still) + 1


def test_a_longer_sequence_is_not_mixed_with_a_shorter_one(tmp_path):
    generate_sequence(SMALL, tmp_path)
    with pytest.raises(FileExistsError, match=r'A/img1 holds 12 frames and the new .* has 5'):
        generate_sequence(replace(SMALL, num_frames=5), tmp_path)
    generate_sequence(replace(SMALL, num_frames=13), tmp_path)
    assert read_seqinfo(tmp_path / 'A').num_frames == 13


def test_progress_is_told(tmp_path):
    calls = []
    generate_sequence(SMALL, tmp_path, progress=lambda *call: calls.append(call))
    assert calls[0] == ('A', 1, 12)
    assert calls[-1] == ('A', 12, 12)


def _truth(visibility, count=4000, category=1):
    rows = np.zeros((count, 9))
    rows[:, 0] = np.arange(count) % 100 + 1
    rows[:, 1] = np.arange(count)
    rows[:, 2:6] = (300, 100, 40, 100)
    rows[:, 6], rows[:, 7], rows[:, 8] = category == 1, category, visibility
    return rows


SPEC = SequenceSpec('A', num_frames=100)


@pytest.mark.parametrize(
    ('visibility', 'low', 'high'),
    [(0, 0, 0), (0.149, 0, 0), (0.2, 0.05, 0.15), (0.35, 0.44, 0.54),
     (0.6, 0.93, 0.98), (1, 0.97, 1)],
)  # fmt: skip
def test_the_less_is_visible_the_less_is_found(visibility, low, high):
    rows = simulate_detections(SPEC, _truth(visibility), np.random.default_rng(0))
    hits = np.isclose(rows[:, 2], 300, atol=12) & np.isclose(rows[:, 4], 40, atol=12)
    assert low * 4000 <= hits.sum() <= high * 4000 + 5


def test_errors_scores_and_false_positives_of_detections():
    rng = np.random.default_rng(0)
    rows = simulate_detections(SPEC, _truth(1.0), rng)
    assert (np.diff(rows[:, 0]) >= 0).all()
    assert (rows[:, 1] == -1).all()
    hit = np.isclose(rows[:, 2], 300, atol=12) & np.isclose(rows[:, 4], 40, atol=12)
    assert 0.015 < (~hit).mean() < 0.025
    assert rows[hit, 2].std() == pytest.approx(0.02 * 40, rel=0.1)
    assert rows[hit, 5].std() == pytest.approx(0.02 * 100, rel=0.1)
    hidden = simulate_detections(SPEC, _truth(0.5), rng)
    assert rows[:, 6].mean() > hidden[:, 6].mean() + 0.15
    assert ((rows[:, 6] > 0) & (rows[:, 6] < 1)).all()
    assert rows[~hit, 6].max() < rows[hit, 6].mean()


def test_statues_are_found_too_but_not_always():
    rows = simulate_detections(SPEC, _truth(1.0, category=7), np.random.default_rng(0))
    assert 0.55 < len(rows) / 4000 < 0.65


def test_no_truth_no_detections():
    rows = simulate_detections(SPEC, np.zeros((0, 9)), np.random.default_rng(0))
    assert rows.shape == (0, 9)


def test_detections_are_clipped_to_the_frame():
    truth = _truth(1.0)
    truth[:, 2] = -20
    rows = simulate_detections(SPEC, truth, np.random.default_rng(0))
    assert rows[:, 2:4].min() >= 0
    assert (rows[:, 2] + rows[:, 4]).max() <= 640
