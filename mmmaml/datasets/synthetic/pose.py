"""A walking body as points in space: the skeleton of the drawn pedestrians.

Body coordinates are (forward, left, up) in units of the body height, the origin on the ground
between the feet. Seen from a camera far away at yaw ψ (0 walks to the right of the image, π/2
towards the camera), a point lies at x = f cos ψ + l sin ψ to the right and −f sin ψ + l cos ψ
behind the origin.
"""

from dataclasses import dataclass

import numpy as np

HIP, SHOULDER, NECK, HEAD = 0.52, 0.815, 0.855, 0.93
HIP_HALF_WIDTH, SHOULDER_HALF_WIDTH = 0.055, 0.105
THIGH, SHIN, UPPER_ARM, FOREARM = 0.245, 0.235, 0.17, 0.16


@dataclass(frozen=True)
class Pose:
    """Joints of one moment of the gait; every array is (2, 3), left side first.

    ``lift`` is how much the trunk is above or below its height when standing.
    """

    hips: np.ndarray
    knees: np.ndarray
    ankles: np.ndarray
    toes: np.ndarray
    shoulders: np.ndarray
    elbows: np.ndarray
    hands: np.ndarray
    lift: float


def walking_pose(phase: float, stride: float = 1.0) -> Pose:
    """Pose at a phase of the gait.

    Args:
        phase: Radians; the left leg is in front at π/2, the right one at 3π/2.
        stride: 1 is a normal step, 0 stands still.
    """
    swing = phase + np.array([0.0, np.pi])
    hip_angle = 0.42 * stride * np.sin(swing)
    knee_angle = hip_angle - stride * (0.12 + 0.75 * np.clip(np.cos(swing), 0, None))
    thigh = THIGH * _direction(hip_angle)
    shin = SHIN * _direction(knee_angle)
    foot = np.stack([0.085 * np.cos(knee_angle), 0.085 * np.sin(knee_angle)], 1)

    # The lower foot stands on the ground and carries the trunk.
    hip_height = 0.035 - (thigh + shin)[:, 1].min()
    hips = _with_side(np.array([[0.0, hip_height]] * 2), HIP_HALF_WIDTH)
    knees = hips + _with_side(thigh, 0)
    ankles = knees + _with_side(shin, 0)
    toes = ankles + _with_side(foot - (0, 0.012), 0)

    lift = hip_height - HIP
    arm_angle = -0.38 * stride * np.sin(swing)
    shoulders = _with_side(np.array([[0.0, SHOULDER + lift]] * 2), SHOULDER_HALF_WIDTH)
    elbows = shoulders + _with_side(UPPER_ARM * _direction(arm_angle - 0.05), 0.018)
    hands = elbows + _with_side(FOREARM * _direction(arm_angle + 0.15 + 0.35 * stride), 0)
    return Pose(hips, knees, ankles, toes, shoulders, elbows, hands, lift)


def _direction(angle: np.ndarray) -> np.ndarray:
    """(forward, up) of a limb that hangs at ``angle`` in front of the vertical, (2, 2)."""
    return np.stack([np.sin(angle), -np.cos(angle)], 1)


def _with_side(forward_up: np.ndarray, half_width: float) -> np.ndarray:
    side = np.array([half_width, -half_width])
    return np.stack([forward_up[:, 0], side, forward_up[:, 1]], 1)
