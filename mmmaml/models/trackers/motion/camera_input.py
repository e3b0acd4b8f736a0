"""The input image of a network, prepared for the estimate of camera motion."""

import numpy as np
import torch
from torch import Tensor

# Red, green, blue in the luma of ITU-R BT.601, as in OpenCV's grey images.
_LUMA = (0.299, 0.587, 0.114)


def grey_image(img: Tensor, metainfo: dict, data_preprocessor: dict | None) -> np.ndarray:
    """Return the grey frame that a network saw, without normalisation and padding.

    Args:
        img: (1, 3, H, W) the input of the network.
        metainfo: Of the data sample; ``img_shape`` (h, w) is the part that is not padding on the
            right and below, ``pad_param`` (top, bottom, left, right) the border within it.
        data_preprocessor: The model's, as in its config: ``mean``, ``std``, and a flag if it
            swaps the channels. Without mean and std ``img`` is in 0..255 already.

    Returns:
        (h, w) uint8.
    """
    height, width = metainfo.get('img_shape', img.shape[-2:])[:2]
    top, bottom, left, right = (int(each) for each in metainfo.get('pad_param', (0, 0, 0, 0)))
    shown = img[0, :, top : height - bottom, left : width - right]
    options = data_preprocessor or {}
    # Images are read as BGR; either flag means that the preprocessor swapped the channels.
    swapped = options.get('bgr_to_rgb') or options.get('rgb_to_bgr')
    luma = img.new_tensor(_LUMA if swapped else _LUMA[::-1], dtype=torch.float32)
    mean = luma.new_tensor(options.get('mean') or [0.0] * 3)
    std = luma.new_tensor(options.get('std') or [1.0] * 3)
    grey = torch.einsum('c,chw->hw', luma * std, shown.float())
    grey += (luma * mean).sum()
    return grey.round_().clamp_(0, 255).byte().cpu().numpy()


def in_original_pixels(transform: np.ndarray, scale_factor: tuple[float, float]) -> np.ndarray:
    """Convert a transform between resized frames to one between the original ones.

    Args:
        transform: (2, 3) affine between frames resized by ``scale_factor``.
        scale_factor: (x, y) size of the resized frame over that of the original.
    """
    x, y = scale_factor
    full = np.vstack([transform, [0, 0, 1]])
    return (np.diag([1 / x, 1 / y, 1]) @ full @ np.diag([x, y, 1]))[:2]
