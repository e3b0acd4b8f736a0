"""Constant-velocity Kalman filters of all tracks at once, in NumPy.

The observed box is (cx, cy, a, h): centre and height in pixels, a the aspect ratio w/h. State and
noise are those of SORT and DeepSORT (Wojke et al., "Simple Online and Realtime Tracking with a
Deep Association Metric", 2017): standard deviations in proportion to the height of the box.

That model never couples one of the four quantities with another: initial covariance, process
noise and measurement noise are diagonal, and each velocity drives its own position only. The
filter over 8 dimensions is therefore four filters over 2 dimensions, and a track's state is a
(5, 4) array instead of a mean (8,) and a covariance (8, 8): same numbers, no matrix inverse.
NumPy, because at a few hundred tracks the calls cost more than the arithmetic, and NumPy's are
the cheaper ones on a CPU (a tenth of a millisecond a frame; a GPU would spend that on launching).
"""

import numpy as np

# Rows of a track's (5, 4) state; columns are cx, cy, a, h.
POSITION, VELOCITY, VAR_POSITION, COVARIANCE, VAR_VELOCITY = range(5)
ASPECT, HEIGHT = 2, 3
CHI2_95_4DOF = 9.4877
"""Squared Mahalanobis distance that holds 95 % of true matches (χ², four degrees of freedom)."""

_STD_POSITION = 1 / 20  # of the height of the box
_STD_VELOCITY = 1 / 160  # of the height of the box, per frame


def boxes_to_cxcyah(boxes: np.ndarray) -> np.ndarray:
    """Convert xyxy boxes (N, 4) of positive size to (cx, cy, w/h, h)."""
    size = boxes[:, 2:] - boxes[:, :2]
    centre = boxes[:, :2] + size / 2
    return np.concatenate([centre, size[:, :1] / size[:, 1:], size[:, 1:]], axis=1)


def predicted_boxes(motion: np.ndarray) -> np.ndarray:
    """Boxes (T, 4) xyxy at the positions of states (T, 5, 4)."""
    centre, height = motion[:, POSITION, :2], motion[:, POSITION, HEIGHT:]
    half = np.concatenate([motion[:, POSITION, ASPECT:HEIGHT] * height, height], axis=1) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def _variance(height: np.ndarray, std: float, std_aspect: float) -> np.ndarray:
    variance = np.repeat((std * height[:, None]) ** 2, 4, axis=1)
    variance[:, ASPECT] = std_aspect**2
    return variance


def initiate(measurement: np.ndarray) -> np.ndarray:
    """States of tracks seen for the first time, at rest.

    Args:
        measurement: (T, 4) boxes as (cx, cy, a, h).

    Returns:
        (T, 5, 4) states.
    """
    motion = np.zeros((len(measurement), 5, 4))
    height = measurement[:, HEIGHT]
    motion[:, POSITION] = measurement
    motion[:, VAR_POSITION] = _variance(height, 2 * _STD_POSITION, 1e-2)
    motion[:, VAR_VELOCITY] = _variance(height, 10 * _STD_VELOCITY, 1e-5)
    return motion


def predict(motion: np.ndarray, frames: int = 1) -> np.ndarray:
    """States ``frames`` frames later, as after that many predictions of one frame.

    Args:
        motion: (T, 5, 4) states.
        frames: Time step in frames, >= 1. The noise of the whole step is that of the height at
            its beginning.

    Returns:
        (T, 5, 4) new states.
    """
    dt = float(frames)
    height = motion[:, POSITION, HEIGHT]
    noise = _variance(height, _STD_POSITION, 1e-2)
    noise_velocity = _variance(height, _STD_VELOCITY, 1e-5)
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


def innovation_variance(motion: np.ndarray) -> np.ndarray:
    """Variance (T, 4) of what a detector would measure at states (T, 5, 4)."""
    noise = _variance(motion[:, POSITION, HEIGHT], _STD_POSITION, 1e-1)
    return motion[:, VAR_POSITION] + noise


def update(motion: np.ndarray, measurement: np.ndarray) -> np.ndarray:
    """Correct predicted states by one measurement each.

    Args:
        motion: (T, 5, 4) predicted states.
        measurement: (T, 4) boxes as (cx, cy, a, h).

    Returns:
        (T, 5, 4) new states.
    """
    variance = innovation_variance(motion)
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


def gating_distance(motion: np.ndarray, measurement: np.ndarray) -> np.ndarray:
    """Squared Mahalanobis distance between predicted states and measurements.

    Args:
        motion: (T, 5, 4) predicted states.
        measurement: (N, 4) boxes as (cx, cy, a, h).

    Returns:
        (T, N), to be compared with :data:`CHI2_95_4DOF`.
    """
    scale = 1 / np.sqrt(innovation_variance(motion))
    difference = (measurement[None] - motion[:, None, POSITION]) * scale[:, None]
    return np.einsum('tnd,tnd->tn', difference, difference)
