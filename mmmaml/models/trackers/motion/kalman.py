"""Constant-velocity Kalman filters of all tracks at once, in NumPy.

The observed box is (cx, cy, a, h): centre and height in pixels, a the aspect ratio w/h. State and
noise are those of SORT and DeepSORT (Wojke et al., "Simple Online and Realtime Tracking with a
Deep Association Metric", 2017): standard deviations in proportion to the height of the box. With
another of the :mod:`.box_models` it is BoT-SORT's (cx, cy, w, h); columns and rows stay the same.

Those deviations are of one frame at 30 frames per second. At other rates a frame is ``pace`` times
as long, and someone goes ``pace`` times as far in it: the deviation of the first velocity, in
pixels per frame, is ``pace`` times as large. Process noise adds up over time, but more slowly than
that of a random walk, as people keep their way: its variances of one frame grow with ``pace`` to
the power of 3/4. The detector's noise is that of one image and stays as it is.

Such a model never couples one of the four quantities with another: initial covariance, process
noise and measurement noise are diagonal, and each velocity drives its own position only. The
filter over 8 dimensions is therefore four filters over 2 dimensions, and a track's state is a
(5, 4) array instead of a mean (8,) and a covariance (8, 8): same numbers, no matrix inverse.
NumPy, because at a few hundred tracks the calls cost more than the arithmetic, and NumPy's are
the cheaper ones on a CPU (a tenth of a millisecond a frame; a GPU would spend that on launching).
"""

import numpy as np

from .box_models import BOX_MODELS, BoxModel

# Rows of a track's (5, 4) state; columns are cx, cy, a, h, or those of another box model.
POSITION, VELOCITY, VAR_POSITION, COVARIANCE, VAR_VELOCITY = range(5)
SIZE = 2  # the first column that is not of the centre
ASPECT, HEIGHT = 2, 3
CHI2_95_4DOF = 9.4877
"""Squared Mahalanobis distance that holds 95 % of true matches (χ², four degrees of freedom)."""

REFERENCE_FRAME_RATE = 30.0
"""Frames per second at which the noise of a frame is that of SORT."""

_STD_POSITION = 1 / 20  # of the size of the box
_STD_VELOCITY = 1 / 160  # of the size of the box, per frame of the reference rate


ASPECT_HEIGHT = BOX_MODELS['cxcyah']
boxes_to_cxcyah = ASPECT_HEIGHT.measure


def predicted_boxes(motion: np.ndarray, model: BoxModel = ASPECT_HEIGHT) -> np.ndarray:
    """Return boxes (T, 4) xyxy at the positions of states (T, 5, 4)."""
    return model.boxes(motion[:, POSITION])


def initiate(
    measurement: np.ndarray, model: BoxModel = ASPECT_HEIGHT, pace: float = 1.0
) -> np.ndarray:
    """Return states of tracks seen for the first time, at rest.

    Args:
        measurement: (T, 4) boxes as (cx, cy, a, h), or as ``model`` has them.
        model: Meaning of the columns.
        pace: Length of a frame, in thirtieths of a second.

    Returns:
        (T, 5, 4) states.
    """
    motion = np.zeros((len(measurement), 5, 4))
    motion[:, POSITION] = measurement
    motion[:, VAR_POSITION] = model.variance(measurement, 2 * _STD_POSITION, 1e-2)
    motion[:, VAR_VELOCITY] = pace**2 * model.variance(measurement, 10 * _STD_VELOCITY, 1e-5)
    return motion


def predict(
    motion: np.ndarray, frames: int = 1, model: BoxModel = ASPECT_HEIGHT, pace: float = 1.0
) -> np.ndarray:
    """Return states ``frames`` frames later, as after that many predictions of one frame.

    Args:
        motion: (T, 5, 4) states.
        frames: Time step in frames, >= 1. The noise of the whole step is that of the size at
            its beginning.
        model: Meaning of the columns.
        pace: Length of a frame, in thirtieths of a second.

    Returns:
        (T, 5, 4) new states.
    """
    dt = float(frames)
    growth = pace**0.75
    noise = growth * model.variance(motion[:, POSITION], _STD_POSITION, 1e-2)
    noise_velocity = growth * model.variance(motion[:, POSITION], _STD_VELOCITY, 1e-5)
    covariance, var_velocity = motion[:, COVARIANCE], motion[:, VAR_VELOCITY]
    new = motion.copy()
    new[:, POSITION] += dt * motion[:, VELOCITY]
    # Velocity noise of frame i acts on the position for the remaining dt - 1 - i frames; the
    # factors are the sums over i of that number and of its square.
    new[:, VAR_POSITION] += 2 * dt * covariance + dt**2 * var_velocity + dt * noise
    new[:, VAR_POSITION] += dt * (dt - 1) * (2 * dt - 1) / 6 * noise_velocity
    new[:, COVARIANCE] += dt * var_velocity + dt * (dt - 1) / 2 * noise_velocity
    new[:, VAR_VELOCITY] += dt * noise_velocity
    return new


def innovation_variance(motion: np.ndarray, model: BoxModel = ASPECT_HEIGHT) -> np.ndarray:
    """Return the variance (T, 4) of a detector's measurements at states (T, 5, 4)."""
    noise = model.variance(motion[:, POSITION], _STD_POSITION, 1e-1)
    return motion[:, VAR_POSITION] + noise


def update(
    motion: np.ndarray, measurement: np.ndarray, model: BoxModel = ASPECT_HEIGHT
) -> np.ndarray:
    """Correct predicted states by one measurement each.

    Args:
        motion: (T, 5, 4) predicted states.
        measurement: (T, 4) boxes as ``model`` has them.
        model: Meaning of the columns.

    Returns:
        (T, 5, 4) new states.
    """
    variance = innovation_variance(motion, model)
    gain = motion[:, VAR_POSITION] / variance
    gain_velocity = motion[:, COVARIANCE] / variance
    innovation = measurement - motion[:, POSITION]
    new = motion.copy()
    new[:, POSITION] += gain * innovation
    new[:, VELOCITY] += gain_velocity * innovation
    new[:, VAR_POSITION] -= gain * motion[:, VAR_POSITION]
    new[:, COVARIANCE] -= gain * motion[:, COVARIANCE]
    new[:, VAR_VELOCITY] -= gain_velocity * motion[:, COVARIANCE]
    return new


def gating_distance(
    motion: np.ndarray, measurement: np.ndarray, model: BoxModel = ASPECT_HEIGHT
) -> np.ndarray:
    """Return the squared Mahalanobis distance of predicted states to one measurement each.

    Args:
        motion: (P, 5, 4) predicted states.
        measurement: (P, 4) boxes as ``model`` has them.
        model: Meaning of the columns.

    Returns:
        (P,), to be compared with :data:`CHI2_95_4DOF`.
    """
    difference = measurement - motion[:, POSITION]
    return (difference**2 / innovation_variance(motion, model)).sum(axis=1)


def pairs_in_reach(
    motion: np.ndarray, measurement: np.ndarray, model: BoxModel = ASPECT_HEIGHT
) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs that their horizontal distance alone leaves within the gate.

    Found by searching, so that in a crowd only neighbours are looked at.

    Args:
        motion: (T, 5, 4) predicted states.
        measurement: (P, 4) boxes as ``model`` has them.
        model: Meaning of the columns.

    Returns:
        Indices (Q,) of states and of measurements: all pairs whose :func:`gating_distance` is at
        most :data:`CHI2_95_4DOF`, and some more.
    """
    # A little wider, because the distance is rounded in another way.
    reach = 1.000001 * np.sqrt(CHI2_95_4DOF * innovation_variance(motion, model)[:, 0])
    centre, order = motion[:, POSITION][:, 0], np.argsort(measurement[:, 0])
    ordered = measurement[order, 0]
    first = np.searchsorted(ordered, centre - reach, side='left')
    counts = np.searchsorted(ordered, centre + reach, side='right') - first
    start = first - (np.cumsum(counts) - counts)
    column = order[np.arange(counts.sum()) + np.repeat(start, counts)]
    return np.repeat(np.arange(len(motion)), counts), column


def warp(motion: np.ndarray, transform: np.ndarray, model: BoxModel = ASPECT_HEIGHT) -> np.ndarray:
    """Return states as the camera sees them after it has moved.

    Centres and their velocities follow the whole transform; lengths grow by its scale, as people
    stay upright; variances by its square. A rotation correlates cx and cy only if their
    variances differ. With (cx, cy, a, h) they never do, so for a similarity the result is that
    of the full (8, 8) covariance; elsewhere the correlation, which the state cannot hold, is left
    out.

    Args:
        motion: (T, 5, 4) states.
        transform: (2, 3) affine, pixels of the frame before to pixels of this frame.
        model: Meaning of the columns.

    Returns:
        (T, 5, 4) new states.
    """
    linear, lengths = transform[:, :2], list(model.LENGTHS)
    scale = np.sqrt(abs(np.linalg.det(linear)))
    new = motion.copy()
    new[:, :VAR_POSITION, :SIZE] = motion[:, :VAR_POSITION, :SIZE] @ linear.T
    new[:, POSITION, :SIZE] += transform[:, 2]
    new[:, VAR_POSITION:, :SIZE] = motion[:, VAR_POSITION:, :SIZE] @ (linear**2).T
    new[:, :VAR_POSITION, lengths] *= scale
    new[:, VAR_POSITION:, lengths] *= scale**2
    return new


def warp_boxes(boxes: np.ndarray, transform: np.ndarray) -> np.ndarray:
    """Return boxes (T, 4) xyxy after the camera moved by ``transform`` (2, 3): upright, scaled."""
    scale = np.sqrt(abs(np.linalg.det(transform[:, :2])))
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2 @ transform[:, :2].T + transform[:, 2]
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * scale
    return np.concatenate([centre - half, centre + half], axis=1)
