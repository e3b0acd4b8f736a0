"""Motion of the camera between two frames, by OpenCV."""

from typing import Literal

import cv2
import numpy as np

from mmmaml.utils.option_checks import check_choice, check_number

from .camera_input import in_original_pixels

STILL = np.eye(2, 3)
"""The transform of a camera that has not moved."""

MAX_CORNERS = 500
"""Followed by optical flow: enough to find the background between people."""

MIN_INLIERS = 10
"""Corners that must agree on the motion."""

MAX_ERROR = 1.0
"""Their distance from it, in pixels of the shrunk image."""

ECC_ITERATIONS = 50


class CameraMotion:
    """Estimates shift, rotation and zoom of the background from frame to frame.

    People are masked out. If nothing can be estimated (a dark or empty image, a cut, too few
    points that agree) the camera counts as still, and :attr:`failures` counts that.

    Args:
        method: ``'sparse_flow'`` follows corners by Lucas-Kanade optical flow and fits a
            similarity to them by RANSAC: about 10 ms for a frame of 1920x1080 on one core.
            ``'ecc'`` aligns all pixels (shift and rotation) by the enhanced correlation
            coefficient: five times slower, for images without corners.
        max_side: Images are shrunk so that their longer side has at most this many pixels.
            Smaller is faster and less exact; 1,920 pixels shrunk to 960 still give a tenth of
            a pixel.

    Attributes:
        frames: Frames seen since the last reset.
        failures: Number of frames, but for the first, that could not be aligned.

    Raises:
        ValueError: The method is unknown, or the size is not positive.
    """

    def __init__(
        self,
        method: Literal['sparse_flow', 'ecc'] = 'sparse_flow',
        max_side: int = 960,
    ) -> None:
        check_choice('camera_motion.method', method, ('sparse_flow', 'ecc'))
        check_number('camera_motion.max_side', max_side, 'at least 1 pixel', at_least=1)
        self.method = method
        self.max_side = max_side
        self.reset()

    def reset(self) -> None:
        """Forget the last frame: the next one is the first of a video."""
        self._image: np.ndarray | None = None
        self._corners: np.ndarray | None = None
        self.frames = 0
        self.failures = 0

    def estimate(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Estimate the motion of the background since the frame before.

        Args:
            image: (H, W) grey or (H, W, 3) BGR, uint8.
            boxes: (N, 4) xyxy of the people in it, in its pixels.

        Returns:
            (2, 3) float64 affine, pixels of the frame before to pixels of this one; that of a
            camera at rest for the first frame and if the estimate fails.

        Raises:
            ValueError: The image has another shape or type.
        """
        check_image(image)
        grey = self._shrink(image)
        factors = grey.shape[1] / image.shape[1], grey.shape[0] / image.shape[0]
        background = _background(grey.shape, boxes * np.array(factors * 2))
        transform = None
        if self._image is not None and self._image.shape == grey.shape:
            transform = self._align(self._image, grey, background)
        self.failures += transform is None and self.frames > 0
        self.frames += 1
        self._image = grey
        if self.method == 'sparse_flow':
            self._corners = cv2.goodFeaturesToTrack(
                grey, MAX_CORNERS, qualityLevel=0.01, minDistance=7, mask=background
            )
        if transform is None:
            return STILL.copy()
        return in_original_pixels(transform, factors)

    def _shrink(self, image: np.ndarray) -> np.ndarray:
        """Return a grey image of at most ``max_side`` pixels."""
        factor = min(1.0, self.max_side / max(image.shape[:2]))
        if factor < 1:
            size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        if image.ndim == 3:
            image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        return image

    def _align(
        self, before: np.ndarray, now: np.ndarray, background: np.ndarray
    ) -> np.ndarray | None:
        """Return the affine (2, 3) from one image to another of its size, None if it fails."""
        if self.method == 'ecc':
            return self._align_pixels(before, now, background)
        return self._align_corners(before, now)

    def _align_corners(self, before: np.ndarray, now: np.ndarray) -> np.ndarray | None:
        if self._corners is None or len(self._corners) < MIN_INLIERS:
            return None
        moved, followed, _ = cv2.calcOpticalFlowPyrLK(before, now, self._corners, None)  # type: ignore[call-overload]
        kept = followed[:, 0] == 1
        if kept.sum() < MIN_INLIERS:
            return None
        transform, inliers = cv2.estimateAffinePartial2D(
            self._corners[kept],
            moved[kept],
            method=cv2.RANSAC,
            ransacReprojThreshold=MAX_ERROR,
        )
        if transform is None or inliers.sum() < MIN_INLIERS:
            return None
        return transform

    def _align_pixels(
        self, before: np.ndarray, now: np.ndarray, background: np.ndarray
    ) -> np.ndarray | None:
        stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ECC_ITERATIONS, 1e-5)
        start = np.eye(2, 3, dtype=np.float32)
        try:
            _, transform = cv2.findTransformECC(
                before, now, start, cv2.MOTION_EUCLIDEAN, stop, background, 5
            )
        except cv2.error:  # how OpenCV says that it does not converge
            return None
        return transform.astype(np.float64) if np.isfinite(transform).all() else None


def _background(shape: tuple[int, ...], boxes: np.ndarray) -> np.ndarray:
    """Return a mask (H, W) uint8, 0 on people."""
    mask = np.full(shape[:2], 255, dtype=np.uint8)
    limit = np.array([shape[1], shape[0]] * 2)
    corners = np.clip(np.rint(boxes), 0, limit).astype(int)
    # A microsecond each; OpenCV's filling of many at once leaves holes where they overlap.
    for left, top, right, bottom in corners.tolist():
        mask[top:bottom, left:right] = 0
    return mask


def check_image(image: np.ndarray) -> None:
    """Refuse an image that is no frame.

    Raises:
        ValueError: Not (H, W) or (H, W, 3), or not uint8.
    """
    grey, colour = np.ndim(image) == 2, np.ndim(image) == 3 and np.shape(image)[2] == 3
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or not (grey or colour):
        kind = getattr(image, 'dtype', type(image).__name__)
        raise ValueError(
            f'image has shape {np.shape(image)} and type {kind}, expected a NumPy array (H, W, 3) '
            'BGR or (H, W) grey of uint8, as OpenCV reads it'
        )


def check_transform(transform: np.ndarray) -> np.ndarray:
    """Return the transform as float64.

    Raises:
        ValueError: Not (2, 3), not finite, or it flattens or mirrors the image.
    """
    array = np.asarray(transform, dtype=np.float64)
    if array.shape != (2, 3) or not np.isfinite(array).all():
        raise ValueError(
            f'camera_motion has shape {array.shape} and values {array.tolist()}, expected a '
            'finite affine transform (2, 3), pixels of the frame before to pixels of this frame'
        )
    determinant = np.linalg.det(array[:, :2])
    if determinant <= 0:
        raise ValueError(
            f'camera_motion {array.tolist()} has determinant {determinant:g}, expected a positive '
            'one: no camera motion flattens or mirrors the image'
        )
    return array
