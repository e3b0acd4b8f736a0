"""Whole frames."""

from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS
from .frame_cache import read_frame


@TRANSFORMS.register_module()
class LoadFrame(BaseTransform):
    """Decode a frame for a test pipeline; one that cannot be decoded is named.

    It sets what mmcv's ``LoadImageFromFile`` sets, whose error for a file that is cut off does
    not say which file that is.

    Required key: ``img_path``. Added: ``img`` (H, W, 3) uint8 in blue, green, red; ``img_shape``
    and ``ori_shape``, both (H, W).

    Args:
        backend_args: Source of files, as in :func:`mmengine.fileio.get`. None means the
            disk.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Decode one frame.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The file is not an image that can be decoded to its end.
        """
        frame = read_frame(results['img_path'], self.backend_args)
        results['img'] = frame
        results['img_shape'] = results['ori_shape'] = frame.shape[:2]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend_args={self.backend_args})'
