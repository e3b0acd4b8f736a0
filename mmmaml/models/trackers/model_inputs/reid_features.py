"""Re-ID features of a frame's boxes, cut from the network's input image or from the frame."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

CROPS_PER_CALL = 256
"""Crops that go through the Re-ID network together; bounds memory in crowds."""


def crop_and_resize(img: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Cut boxes out of an image and resize them bilinearly, all in one call.

    The samples are those of bilinear interpolation of the crop, except that neighbours outside
    the crop, but inside the image, are used instead of repeating the crop's border.

    Args:
        img: (1, C, H, W), float or uint8; of the latter no more than the boxes become float.
        boxes: (N, 4) xyxy in pixels of ``img``; clipped to it, and at least one pixel wide and
            high.
        size: Height and width (h, w) of the crops.

    Returns:
        (N, C, h, w) float crops.
    """
    from mmcv.ops import roi_align  # of models of OpenMMLab alone

    height, width = img.shape[-2:]
    limit = boxes.new_tensor([width, height])
    top_left = torch.minimum(boxes[:, :2].clamp(min=0), limit - 1)
    bottom_right = torch.minimum(torch.maximum(boxes[:, 2:], top_left + 1), limit)
    image_index = boxes.new_zeros(len(boxes), 1)
    rois = torch.cat([image_index, top_left, bottom_right], dim=1)
    rois = rois.to(img.device, img.dtype if img.is_floating_point() else torch.float32)

    def cut(part: Tensor, rois: Tensor) -> Tensor:
        # mmcv's CPU operator reads strided memory as if it were contiguous.
        return roi_align(part.contiguous(), rois, tuple(size), 1.0, 1, 'avg', True)

    if img.is_floating_point():
        return cut(img, rois)
    if img.device.type != 'cpu' or not len(rois):  # a call a box costs more than the frame
        return cut(img.float(), rois)
    crops = []
    for roi, (left, top, right, bottom) in zip(rois.split(1), _windows(rois, img), strict=True):
        window = img[..., top:bottom, left:right].float()
        crops.append(cut(window, roi - roi.new_tensor([0, left, top, left, top])))
    return torch.cat(crops)


def _windows(rois: Tensor, img: Tensor) -> list[list[int]]:
    """Return the pixels (N, 4) that bilinear samples of boxes can touch, ends exclusive."""
    height, width = img.shape[-2:]
    low = (rois[:, 1:3] - 2).floor().clamp(min=0)
    high = torch.minimum((rois[:, 3:] + 3).ceil(), rois.new_tensor([width, height]))
    return torch.cat([low, high], dim=1).long().tolist()


def boxes_in_image(boxes: Tensor, metainfo: dict, rescale: bool) -> Tensor:
    """Return boxes in pixels of the network's input image.

    Args:
        boxes: (N, 4) xyxy, in pixels of the original image if ``rescale``.
        metainfo: Of the data sample; ``scale_factor`` (x, y) is 1 if the pipeline does not
            resize, ``pad_param`` (top, bottom, left, right) 0 if it puts no border around.
        rescale: True if the detector brought its boxes back to the original image.
    """
    if not rescale:
        return boxes
    x, y = metainfo.get('scale_factor', (1.0, 1.0))[:2]
    top, _, left, _ = metainfo.get('pad_param', (0, 0, 0, 0))
    return boxes * boxes.new_tensor([x, y, x, y]) + boxes.new_tensor([left, top, left, top])


def without_padding(img: Tensor, metainfo: dict) -> Tensor:
    """Return the part of an image that is not padding.

    Args:
        img: (1, 3, H, W).
        metainfo: Of the data sample; ``img_shape`` (h, w) is that part.
    """
    height, width = metainfo.get('img_shape', img.shape[-2:])[:2]
    return img[:, :, :height, :width]


def crop_normalization(
    img_norm_cfg: dict | None, data_preprocessor: dict | None, raw: bool
) -> Callable[[Tensor], Tensor] | None:
    """Return what gives crops (N, 3, h, w) the normalisation that the Re-ID network expects.

    Normalising is linear, as is cutting out, so that no more than crops need it.

    Args:
        img_norm_cfg: ``mean``, ``std`` and ``to_rgb`` of the Re-ID network; None if it takes
            what the model's data preprocessor gives.
        data_preprocessor: The model's, as in its config.
        raw: True of crops in 0..255, read as blue, green, red; False of those that the
            preprocessor normalised for the detector.

    Returns:
        None if there is nothing to do.

    Raises:
        ValueError: ``img_norm_cfg`` is given, but not what the crops were normalised with.
    """
    before = data_preprocessor or {}
    # Images are read as BGR; either flag means that the preprocessor swaps the channels.
    swapped = bool(before.get('bgr_to_rgb') or before.get('rgb_to_bgr'))
    if img_norm_cfg is None:
        return _normalize(before, swapped) if raw else None
    after = _normalize(img_norm_cfg, img_norm_cfg.get('to_rgb', True))
    if raw:
        return after
    if 'mean' not in before or 'std' not in before:
        raise ValueError(
            "the tracker's reid.img_norm_cfg needs the model's data_preprocessor with mean and "
            f'std, found {data_preprocessor}: add them, or set reid.img_norm_cfg to None'
        )

    def renormalize(crops: Tensor) -> Tensor:
        mean, std = _statistics(before, crops)
        crops = crops * std + mean
        return after(crops.flip(1) if swapped else crops)

    return renormalize


def _normalize(options: dict, swap: bool) -> Callable[[Tensor], Tensor]:
    def normalize(crops: Tensor) -> Tensor:
        if swap:
            crops = crops.flip(1)
        if options.get('mean') is None:
            return crops
        mean, std = _statistics(options, crops)
        return (crops - mean) / std

    return normalize


def _statistics(options: dict, crops: Tensor) -> tuple[Tensor, Tensor]:
    mean, std = (crops.new_tensor(options[key]).view(-1, 1, 1) for key in ('mean', 'std'))
    return mean, std


def extract_features(
    reid: nn.Module,
    img: Tensor,
    boxes: Tensor,
    size: tuple[int, int],
    adaptable: bool = True,
    normalize: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Return features of boxes from a Re-ID network.

    Args:
        reid: A Re-ID model. With a method ``extract_crop_feats`` (:class:`mmmaml.MetaReID`) the
            inputs of its adapted layer are taken, otherwise its embeddings.
        img: (1, 3, H, W) normalised for the network, or uint8.
        boxes: (N, 4) xyxy in pixels of ``img``, N >= 1.
        size: Height and width of the network's input.
        adaptable: False takes the embeddings of every network.
        normalize: Applied to the crops; None if ``img`` is normalised.

    Returns:
        (N, C) features.
    """

    def features(crops: Tensor) -> Tensor:
        if normalize is not None:
            crops = normalize(crops)
        if adaptable and hasattr(reid, 'extract_crop_feats'):
            return reid.extract_crop_feats(crops)  # type: ignore[operator]
        embeds: Any = reid(crops, mode='tensor')
        embeds = embeds[-1] if isinstance(embeds, (tuple, list)) else embeds
        return embeds.flatten(1)

    chunks = boxes.split(CROPS_PER_CALL)
    return torch.cat([features(crop_and_resize(img, chunk, size)) for chunk in chunks])
