import copy
import pickle

import cv2
import numpy as np
import pytest
import torch
from mmcv.ops import roi_align

from mmmaml.datasets.transforms import LoadCrop, frame_cache
from mmmaml.datasets.transforms.frame_cache import FrameCache
from mmmaml.datasets.transforms.resample import PRECISION


@pytest.fixture
def frame(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    path = str(tmp_path / 'frame.png')
    cv2.imwrite(path, cv2.GaussianBlur(image, (0, 0), 1.5))
    return path


def _item(path, bbox=(10, 5, 40, 50), **extra):
    return {'img_path': path, 'bbox': np.float32(bbox), **extra}


def test_whole_pixels_at_their_own_size_are_cut_exactly(frame):
    results = LoadCrop(scale=(30, 45))(_item(frame))
    np.testing.assert_array_equal(results['img'], cv2.imread(frame)[5:50, 10:40])
    assert results['img_shape'] == (45, 30)
    assert results['ori_shape'] == (60, 80)
    np.testing.assert_array_equal(results['crop_bbox'], [10, 5, 40, 50])


@pytest.mark.parametrize('scale', [(16, 32), (64, 128), (7, 5)])
@pytest.mark.parametrize('bbox', [(10.3, 5.6, 40.1, 50.7), (0, 0, 80, 60), (70.5, 2, 80, 59.5)])
def test_the_same_pixels_as_roi_align(frame, scale, bbox):
    image = torch.from_numpy(cv2.imread(frame)).permute(2, 0, 1)[None].float().contiguous()
    rois = torch.tensor([[0.0, *bbox]])
    expected = roi_align(image, rois, scale[::-1], 1.0, 1, 'avg', True)[0].permute(1, 2, 0)
    ours = LoadCrop(scale=scale)(_item(frame, bbox))['img']
    # As far as the frame changes within the precision of places, and rounding.
    slopes = [np.abs(np.diff(cv2.imread(frame).astype(float), axis=axis)).max() for axis in (0, 1)]
    difference = np.abs(ours - expected.numpy())
    assert difference.max() < PRECISION * sum(slopes) + 0.75
    assert difference.mean() < 0.8


def test_padding_widens_and_stops_at_the_border(frame):
    inside = LoadCrop(scale=(8, 8), padding=0.1)(_item(frame))['crop_bbox']
    np.testing.assert_allclose(inside, [7, 0.5, 43, 54.5])
    outside = LoadCrop(scale=(8, 8), padding=1.0)(_item(frame))['crop_bbox']
    np.testing.assert_allclose(outside, [0, 0, 70, 60])
    shrunk = LoadCrop(scale=(8, 8), padding=-0.1)(_item(frame))['crop_bbox']
    np.testing.assert_allclose(shrunk, [13, 9.5, 37, 45.5])


def test_jitter_is_bounded_and_a_function_of_the_item(frame):
    crop = LoadCrop(scale=(8, 8), jitter=0.1)
    boxes = [
        crop(_item(frame, rng=np.random.default_rng(seed)))['crop_bbox'] for seed in range(50)
    ]
    again = crop(_item(frame, rng=np.random.default_rng(7)))['crop_bbox']
    np.testing.assert_array_equal(again, boxes[7])
    moved = (np.array(boxes) - (10, 5, 40, 50)) / (30, 45, 30, 45)
    assert np.abs(moved).max() <= 0.1
    assert (np.ptp(moved, axis=0) > 0.15).all()


def test_global_generator_is_left_alone(frame):
    before = np.random.get_state()[1].copy()
    LoadCrop(scale=(8, 8), jitter=0.1)(_item(frame))
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_each_frame_is_decoded_once_while_it_is_kept(tmp_path, monkeypatch):
    paths = []
    for k in range(3):
        paths.append(str(tmp_path / f'{k}.png'))
        cv2.imwrite(paths[-1], np.full((8, 8, 3), k, np.uint8))
    cache = FrameCache(max_mb=2.5 * 8 * 8 * 3 / 1e6)
    decoded = []
    read = frame_cache.read_frame
    monkeypatch.setattr(frame_cache, 'read_frame', lambda p, b: decoded.append(p) or read(p, b))
    a, b, c = paths
    for path in (a, a, b, a, c, a, b):
        assert cache.read(path)[0, 0, 0] == paths.index(path)
        assert len(cache) <= 2
    assert decoded == [a, b, c, b]  # c pushed out b, which was used least recently
    cache.clear()
    for path in (a, b):
        cache.read(path)
    assert len(cache) == 2  # what was kept before takes no room any more


def test_the_last_frame_is_kept_if_it_is_larger_than_the_limit(frame, tmp_path):
    other = str(tmp_path / 'other.png')
    cv2.imwrite(other, np.zeros((8, 8, 3), np.uint8))
    cache = FrameCache(max_mb=0.001)
    assert cache.read(frame) is cache.read(frame)
    assert cache.read(other) is cache.read(other)
    assert len(cache) == 1


@pytest.mark.parametrize('max_cached_mb', [0, 0.001, 50])
def test_crops_do_not_depend_on_what_is_kept(frame, tmp_path, max_cached_mb):
    other = str(tmp_path / 'other.png')
    cv2.imwrite(other, np.full((60, 80, 3), 7, np.uint8))
    load = LoadCrop(scale=(8, 16), jitter=0.1, max_cached_mb=max_cached_mb)
    for number, path in enumerate((frame, other, frame, frame, other)):
        item = _item(path, rng=np.random.default_rng(number))
        fresh = LoadCrop(scale=(8, 16), jitter=0.1, max_cached_mb=0)
        expected = fresh(_item(path, rng=np.random.default_rng(number)))['img']
        np.testing.assert_array_equal(load(item)['img'], expected)


def test_kept_frames_do_not_travel_and_cannot_be_written(frame):
    crop = LoadCrop(scale=(8, 8))
    crop(_item(frame))
    for other in (copy.deepcopy(crop), pickle.loads(pickle.dumps(crop))):
        assert len(other.frames) == 0
        np.testing.assert_array_equal(other(_item(frame))['img'], crop(_item(frame))['img'])
    with pytest.raises(ValueError, match='read-only'):
        crop.frames.read(frame)[:] = 0
    crop(_item(frame))['img'][:] = 0  # the crop is the caller's own


def test_no_cache_still_reads(frame):
    crop = LoadCrop(scale=(8, 8), max_cached_mb=0)
    crop(_item(frame))
    assert len(crop.frames) == 0


@pytest.mark.parametrize('content', [b'', b'no image', b'\xff\xd8\xff\xe0cut off'])
def test_unreadable_frame_is_named(tmp_path, content):
    path = tmp_path / '000007.jpg'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf'000007\.jpg cannot be decoded \({len(content)} bytes'):
        LoadCrop(scale=(8, 8))(_item(str(path)))


def test_missing_frame_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'000007\.jpg does not exist: check data_root'):
        LoadCrop(scale=(8, 8))(_item(str(tmp_path / '000007.jpg')))


@pytest.mark.parametrize('bbox', [(90, 5, 99, 50), (10, 5, 10, 50), (10, -9, 20, 0)])
def test_box_without_a_part_inside_is_refused(frame, bbox):
    with pytest.raises(ValueError, match=r'nothing inside .*frame\.png of 80x60 pixels'):
        LoadCrop(scale=(8, 8))(_item(frame, bbox))


@pytest.mark.parametrize(
    'options',
    [
        {'scale': (8,)}, {'scale': (0, 8)}, {'scale': (8, 8), 'jitter': 0.5},
        {'scale': (8, 8), 'jitter': -0.1}, {'scale': (8, 8), 'padding': -0.5},
        {'scale': (8, 8), 'max_cached_mb': -1},
    ],
)  # fmt: skip
def test_options_out_of_range(options):
    with pytest.raises(ValueError, match=r'(scale|jitter|padding|max_cached_mb)=.*'):
        LoadCrop(**options)
