"""Pictures of OpenMMLab as OpenCV has them."""

import numpy as np
import torch
from torch import Tensor


def as_frame(image: Tensor, user: object) -> np.ndarray:
    """Return a picture as (H, W, 3) uint8, blue, green, red.

    Args:
        image: (3, H, W) in 0..255, blue, green, red; uint8 is not copied.
        user: Of the picture, for the message.

    Raises:
        ValueError: The picture was normalised.
    """
    if image.dtype != torch.uint8:
        if image.numel() and float(image.min()) < 0:
            raise ValueError(
                f'{user} takes pixels 0 to 255 and normalises them itself, but got '
                f'{float(image.min()):.3g}: leave mean and std out of the data_preprocessor'
            )
        image = image.round().clamp(max=255).to(torch.uint8)
    return image.permute(1, 2, 0).cpu().numpy()


def to_input(frames: np.ndarray, to_rgb: bool) -> np.ndarray:
    """Return frames (N, H, W, 3) as float32 (N, 3, H, W), in red, green, blue if wanted."""
    if to_rgb:
        frames = frames[..., ::-1]
    return frames.transpose(0, 3, 1, 2).astype(np.float32)
