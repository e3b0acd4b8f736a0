from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mmmaml.models.onnx import OnnxReID
from mmmaml.tuning.features import embed_once, load_features
from mmmaml.tuning.sequences import TuningSequence, read_sequences
from tests.onnx_files import save_mean_colour
from tests.tuning.people import NUM_FRAMES, write_features, write_people

NUM_DETS = 4 * NUM_FRAMES


@pytest.fixture
def sequence(tmp_path: Path) -> TuningSequence:
    """A sequence with grey images, each of its own brightness."""
    for seed, name in enumerate(('east', 'west')):
        folder = write_people(tmp_path / 'train', name, seed=seed)
        (folder / 'img1').mkdir()
        for number in range(1, NUM_FRAMES + 1):
            frame = np.full((200, 400, 3), 10 * number, np.uint8)
            cv2.imwrite(str(folder / 'img1' / f'{number:06d}.jpg'), frame)
    return read_sequences(tmp_path / 'train')[0]


@pytest.fixture
def reid(tmp_path: Path) -> OnnxReID:
    return OnnxReID(save_mean_colour(tmp_path / 'reid.onnx'), mean=(0, 0, 0), std=(1, 1, 1))


def test_each_detection_has_the_feature_of_its_frame(
    sequence: TuningSequence, reid: OnnxReID, tmp_path: Path
) -> None:
    found = embed_once(sequence, reid, tmp_path / 'cache', 0.5)
    assert found.feats is not None
    brightness = 10.0 * torch.from_numpy(sequence.detections.frames)
    torch.testing.assert_close(
        found.feats, brightness[:, None].expand(-1, 3).float(), atol=2, rtol=0
    )


def test_the_network_runs_once(
    sequence: TuningSequence, reid: OnnxReID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = embed_once(sequence, reid, tmp_path / 'cache', 0.5)
    monkeypatch.setattr(reid, 'embed', None)
    again = embed_once(sequence, reid, tmp_path / 'cache', 0.5)
    assert torch.equal(again.feats, first.feats)
    save_mean_colour(Path(reid.session.path), batch=1)
    with pytest.raises(TypeError):  # another network, another file
        embed_once(sequence, reid, tmp_path / 'cache', 0.5)


@pytest.mark.parametrize(
    'options', [{'mean': (10, 0, 0)}, {'std': (1, 2, 1)}, {'normalise': True}], ids=str
)
def test_features_of_other_pixels_are_embedded_anew(
    sequence: TuningSequence, reid: OnnxReID, tmp_path: Path, options: dict
) -> None:
    first = embed_once(sequence, reid, tmp_path / 'cache', 0.5)
    other = OnnxReID(reid.session.path, **{'mean': (0, 0, 0), 'std': (1, 1, 1), **options})
    again = embed_once(sequence, other, tmp_path / 'cache', 0.5)
    assert not torch.equal(again.feats, first.feats)


def test_weak_detections_are_not_embedded(
    sequence: TuningSequence, reid: OnnxReID, tmp_path: Path
) -> None:
    found = embed_once(sequence, reid, tmp_path / 'cache', 0.95)
    assert found.feats is not None
    assert not found.feats.any()


def test_missing_images_are_named(
    sequence: TuningSequence, reid: OnnxReID, tmp_path: Path
) -> None:
    (sequence.folder / 'img1' / '000003.jpg').unlink()
    with pytest.raises(FileNotFoundError, match=r'000003\.jpg is missing'):
        embed_once(sequence, reid, tmp_path / 'cache', 0.5)


def test_features_of_files_belong_to_the_rows(sequence: TuningSequence, tmp_path: Path) -> None:
    found = load_features(sequence, write_features(tmp_path / 'feats', 'east'))
    assert found.feats is not None
    assert found.feats.shape == (NUM_DETS, 4)
    assert torch.equal(found.frames[5][3], torch.eye(4))


def test_bad_features_are_named(sequence: TuningSequence, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='holds no features of east'):
        load_features(sequence, tmp_path)
    path = tmp_path / 'east.npy'
    np.save(path, np.ones((3, 4)))
    with pytest.raises(ValueError, match=rf'float64 \(3, 4\), expected floats \({NUM_DETS}, C\)'):
        load_features(sequence, tmp_path)
    np.save(path, np.full((NUM_DETS, 4), np.nan))
    with pytest.raises(ValueError, match='not finite'):
        load_features(sequence, tmp_path)
    path.write_text('none')
    with pytest.raises(ValueError, match='cannot be read as an array'):
        load_features(sequence, tmp_path)
