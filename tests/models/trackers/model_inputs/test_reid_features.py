import pytest
import torch
import torch.nn.functional as F

from mmmaml.models.trackers.model_inputs import reid_features
from mmmaml.models.trackers.model_inputs.reid_features import (
    boxes_in_image,
    crop_and_resize,
    crop_normalization,
    extract_features,
    without_padding,
)

IMG = torch.rand(1, 3, 120, 160, generator=torch.Generator().manual_seed(0))


def resized(box, size):
    x1, y1, x2, y2 = box
    return F.interpolate(IMG[:, :, y1:y2, x1:x2], size, mode='bilinear', align_corners=False)[0]


def test_shrinking_equals_interpolation_of_the_crop():
    boxes = [[10, 20, 74, 100], [0, 0, 160, 120], [50, 30, 82, 94]]
    crops = crop_and_resize(IMG, torch.tensor(boxes, dtype=torch.float32), (32, 16))
    for crop, box in zip(crops, boxes, strict=True):
        torch.testing.assert_close(crop, resized(box, (32, 16)), atol=1e-5, rtol=0)


def test_enlarging_equals_interpolation_but_for_the_border():
    box = [40, 30, 56, 62]
    crop = crop_and_resize(IMG, torch.tensor([box]).float(), (64, 32))[0]
    inner = (slice(None), slice(1, -1), slice(1, -1))  # half a pixel of the crop
    torch.testing.assert_close(crop[inner], resized(box, (64, 32))[inner], atol=1e-5, rtol=0)


def test_boxes_are_clipped_to_the_image():
    out = crop_and_resize(IMG, torch.tensor([[-30.0, -9, 64, 60], [100, 80, 900, 200]]), (16, 8))
    inside = crop_and_resize(IMG, torch.tensor([[0.0, 0, 64, 60], [100, 80, 160, 120]]), (16, 8))
    torch.testing.assert_close(out, inside)


def test_boxes_outside_or_without_size_become_a_pixel_of_the_image():
    boxes = torch.tensor([[500.0, 500, 600, 600], [-50, -50, -10, -10], [20, 30, 20, 30]])
    crops = crop_and_resize(IMG, boxes, (1, 1))[:, :, 0, 0]
    pixels = torch.stack([IMG[0, :, 119, 159], IMG[0, :, 0, 0], IMG[0, :, 30, 20]])
    torch.testing.assert_close(crops, pixels, atol=1e-5, rtol=0)


def test_no_box():
    assert crop_and_resize(IMG, torch.zeros(0, 4), (8, 4)).shape == (0, 3, 8, 4)


def test_only_boxes_of_the_original_image_are_scaled():
    boxes = torch.tensor([[10.0, 20, 30, 40]])
    metainfo = {'scale_factor': (0.5, 2.0)}
    assert boxes_in_image(boxes, metainfo, rescale=True).tolist() == [[5, 40, 15, 80]]
    assert boxes_in_image(boxes, metainfo, rescale=False).tolist() == boxes.tolist()
    assert boxes_in_image(boxes, {}, rescale=True).tolist() == boxes.tolist()
    assert boxes.tolist() == [[10, 20, 30, 40]]


def test_a_border_moves_the_boxes_of_the_original_image():
    boxes = torch.tensor([[10.0, 20, 30, 40]])
    metainfo = {'scale_factor': (0.5, 2.0), 'pad_param': (3.0, 0.0, 7.0, 0.0)}
    assert boxes_in_image(boxes, metainfo, rescale=True).tolist() == [[12, 43, 22, 83]]
    assert boxes_in_image(boxes, metainfo, rescale=False).tolist() == boxes.tolist()


def test_padding_is_cut_off():
    assert without_padding(IMG, {'img_shape': (100, 150)}).shape == (1, 3, 100, 150)
    assert without_padding(IMG, {}).shape == IMG.shape


@pytest.mark.parametrize('swap', ['bgr_to_rgb', 'rgb_to_bgr', None])
def test_the_reid_networks_own_normalisation(swap):
    bgr = (IMG * 255).round()
    old = {'mean': [10.0, 20, 30], 'std': [2.0, 3, 4]}
    new = {'mean': [100.0, 110, 120], 'std': [50.0, 60, 70], 'to_rgb': True}

    def normalised(img, mean, std):
        return (img - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]

    seen = normalised(bgr.flip(1) if swap else bgr, old['mean'], old['std'])
    preprocessor = {**old, **({swap: True} if swap else {})}
    expected = normalised(bgr.flip(1), new['mean'], new['std'])
    renormalize = crop_normalization(new, preprocessor, raw=False)
    torch.testing.assert_close(renormalize(seen), expected, atol=1e-4, rtol=1e-4)
    # Cut out first or normalised first: the pixels are the same.
    boxes = torch.tensor([[10.0, 20, 74, 100], [50, 30, 82, 94]])
    cut = renormalize(crop_and_resize(seen, boxes, (32, 16)))
    torch.testing.assert_close(
        cut, crop_and_resize(expected, boxes, (32, 16)), atol=1e-4, rtol=1e-4
    )
    assert crop_normalization(None, preprocessor, raw=False) is None
    torch.testing.assert_close(
        crop_normalization(None, preprocessor, raw=True)(bgr), seen, atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize('preprocessor', [None, {}, {'mean': [0, 0, 0]}])
def test_a_normalisation_that_cannot_be_undone_is_refused(preprocessor):
    with pytest.raises(ValueError, match=r'reid.img_norm_cfg needs .* mean and std, found'):
        crop_normalization({'mean': [0], 'std': [1]}, preprocessor, raw=False)


def test_crowds_go_through_the_network_in_parts(monkeypatch):
    monkeypatch.setattr(reid_features, 'CROPS_PER_CALL', 4)
    sizes = []

    def reid(crops, mode):
        assert mode == 'tensor'
        sizes.append(len(crops))
        return crops.mean((2, 3))

    boxes = torch.tensor([[i, i, i + 16.0, i + 32] for i in range(10)])
    feats = extract_features(reid, IMG, boxes, (32, 16))
    assert sizes == [4, 4, 2]
    expected = torch.stack([IMG[0, :, i : i + 32, i : i + 16].mean((1, 2)) for i in range(10)])
    torch.testing.assert_close(feats, expected, atol=1e-5, rtol=0)
