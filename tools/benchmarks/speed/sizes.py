"""Sizes of the images of a config."""

from mmengine.config import Config

from mmmaml.datasets.transforms.letterbox_frame import letterbox_size


def image_size(config: Config) -> tuple[int, int]:
    """Read width and height of the crops or frames of a config."""
    if 'reid' not in config.model:
        return frame_size(config)
    height, width = config.model.tracker.reid.img_scale
    return width, height


def frame_size(config: Config) -> tuple[int, int]:
    """Read width and height of the frames that a config trains on.

    Raises:
        SystemExit: The config has no ``LetterboxFrame``.
    """
    dataset = config.train_dataloader.dataset
    size = letterbox_size(dataset.get('dataset', dataset).pipeline)
    if size is None:
        raise SystemExit(f'{config.filename} has no LetterboxFrame in training: give --size')
    return size
