import cv2
import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope

from mmmaml.datasets.transforms import LoadFrame


@pytest.fixture
def frames(tmp_path):
    """Three frames of 60x40 with noise."""
    rng = np.random.default_rng(0)
    paths = [str(tmp_path / f'{number:06d}.jpg') for number in (1, 2, 3)]
    for path in paths:
        cv2.imwrite(path, rng.integers(0, 256, (40, 60, 3), np.uint8))
    return paths


def _cut(path, size):
    with open(path, 'r+b') as file:
        file.truncate(size)


def test_the_same_as_mmcv(frames):
    ours = LoadFrame()({'img_path': frames[0], 'frame_id': 0})
    theirs = LoadImageFromFile()({'img_path': frames[0], 'frame_id': 0})
    np.testing.assert_array_equal(ours.pop('img'), theirs.pop('img'))
    assert ours == theirs
    assert ours['img_shape'] == (40, 60)


def test_the_image_is_the_callers_own(frames):
    load = LoadFrame()
    load({'img_path': frames[0]})['img'][:] = 0
    assert load({'img_path': frames[0]})['img'].any()


def test_backend_args_say_where_files_come_from(frames):
    with pytest.raises(KeyError, match='nowhere'):
        LoadFrame(backend_args={'backend': 'nowhere'})({'img_path': frames[0]})
    results = LoadFrame(backend_args={'backend': 'local'})({'img_path': frames[0]})
    assert results['img'].shape == (40, 60, 3)


@pytest.fixture
def pipeline():
    """The first step of our test pipelines, as a dataset builds it."""
    step = {'type': 'TransformBroadcaster', 'transforms': [{'type': 'LoadFrame'}]}
    with DefaultScope.overwrite_default_scope('mmmaml'):
        return Compose([step])


def test_a_clip_is_decoded_frame_by_frame(frames, pipeline):
    clip = pipeline({'img_path': frames, 'frame_id': [0, 1, 2]})
    assert clip['frame_id'] == [0, 1, 2]
    assert clip['img_shape'] == clip['ori_shape'] == [(40, 60)] * 3
    for path, image in zip(frames, clip['img'], strict=True):
        np.testing.assert_array_equal(image, cv2.imread(path))


@pytest.mark.parametrize('part', [0, 0.1, 0.5, 0.99])
def test_a_frame_that_is_cut_off_is_named(frames, pipeline, part):
    with open(frames[1], 'rb') as file:
        size = int(part * len(file.read()))
    _cut(frames[1], size)
    message = rf'000002\.jpg cannot be decoded \({size} bytes\): it is cut off .* again'
    with pytest.raises(ValueError, match=message):
        pipeline({'img_path': frames})


def test_a_frame_that_is_missing_or_no_image_is_named(frames, pipeline, tmp_path):
    (tmp_path / '000003.jpg').write_text('no image')
    with pytest.raises(ValueError, match=r'000003\.jpg cannot be decoded \(8 bytes\)'):
        pipeline({'img_path': frames})
    (tmp_path / '000001.jpg').unlink()
    with pytest.raises(FileNotFoundError, match=r'000001\.jpg does not exist: check data_root'):
        pipeline({'img_path': frames})
