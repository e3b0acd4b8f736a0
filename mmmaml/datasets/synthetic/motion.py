"""Walks of people: a camera over a ground plane, and trajectories on it.

The ground has metres: X to the right of the camera, Z away from it.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.ndimage import gaussian_filter1d

from .specs import SequenceSpec

N = TypeVar('N', float, np.ndarray)

STEP_LENGTH = 1.45  # metres of one gait cycle, two steps
NEAREST, FARTHEST = 0.96, 0.47  # where feet may be, as a fraction of the image height
OUTSIDE = 0.16  # how far beyond the border somebody is who has left, in image widths


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks along the ground.

    Attributes:
        width: Image width in pixels.
        image_height: Image height in pixels.
        height: Metres above the ground.
    """

    width: int
    image_height: int
    height: float

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return 0.9 * self.width

    @property
    def horizon(self) -> float:
        """Row of the horizon in pixels."""
        return 0.2 * self.image_height

    def scale(self, z: N) -> N:
        """Pixels per metre at depth ``z``."""
        return self.focal / z

    def project(self, x: N, z: N) -> tuple[N, N]:
        """Ground point in metres to image column and row in pixels."""
        return self.width / 2 + self.focal * x / z, self.horizon + self.focal * self.height / z

    def depth(self, row: N) -> N:
        """Depth in metres of the ground seen at a row of the image."""
        return self.focal * self.height / (row - self.horizon)

    def ground_x(self, column: float, z: float) -> float:
        """Metres to the right of the ground seen at a column and depth."""
        return (column - self.width / 2) * z / self.focal


@dataclass(frozen=True)
class Walks:
    """Trajectories of all people, every array (people, frames).

    Attributes:
        x: Metres to the right.
        z: Metres away.
        yaw: Radians as in ``pose``: 0 to the right of the image, π/2 towards the camera.
        phase: Radians of the gait.
        walking: False while somebody stands.
    """

    x: np.ndarray
    z: np.ndarray
    yaw: np.ndarray
    phase: np.ndarray
    walking: np.ndarray


def simulate_walks(spec: SequenceSpec, camera: Camera, rng: np.random.Generator) -> Walks:
    """Walk everybody through the scene.

    People walk between places in the picture, stop now and then, turn, leave at a side and come
    back after some seconds, maybe elsewhere. Half of them are in the picture at the start.
    """
    times = np.arange(spec.num_frames) / spec.frame_rate
    walks = [
        _follow(_Route(camera, rng, times[-1]).waypoints(), times, rng)
        for _ in range(spec.num_people)
    ]
    return Walks(*(np.stack(arrays) for arrays in zip(*walks, strict=True)))


class _Route:
    """Draws the waypoints (seconds, X, Z) of one person."""

    def __init__(self, camera: Camera, rng: np.random.Generator, duration: float) -> None:
        self.camera, self.rng, self.duration = camera, rng, duration
        self.speed = float(np.clip(rng.normal(1.35, 0.18), 0.9, 1.9))
        self.points: list[tuple[float, float, float]] = []

    def waypoints(self) -> np.ndarray:
        if self.rng.random() < 0.5:
            self.points.append((0.0, *self._place(self.rng.uniform(0.06, 0.94))))
        else:
            entry = float(self.rng.uniform(0, 0.5) * min(self.duration, 10))
            self._appear(entry, self._side())
        while self.points[-1][0] < self.duration:
            self._next()
        return np.array(self.points)

    def _next(self) -> None:
        choice = self.rng.random()
        if choice < 0.5:
            side = self._side()
            self._walk_to(*self._place(side, near=self.points[-1][2]))
            # Most come back where they left, the others from the other side.
            back = side if self.rng.random() < 0.65 else 1.0 - side
            self._appear(self.points[-1][0] + float(self.rng.uniform(0.8, 3.0)), back)
        else:
            self._walk_to(*self._place(self.rng.uniform(0.08, 0.92), near=self.points[-1][2]))
            if choice > 0.8:
                time, x, z = self.points[-1]
                self.points.append((time + float(self.rng.uniform(0.8, 2.2)), x, z))

    def _appear(self, time: float, side: float) -> None:
        """Stand outside the picture until ``time``, there or at another place outside."""
        place = self._place(side)
        start = self.points[-1][0] if self.points else 0.0
        self.points.append((start + 1e-3, *place))
        self.points.append((max(time, start + 2e-3), *place))
        self._walk_to(*self._place(self.rng.uniform(0.2, 0.8), near=place[1]))

    def _walk_to(self, x: float, z: float) -> None:
        time, x0, z0 = self.points[-1]
        self.points.append((time + max(np.hypot(x - x0, z - z0) / self.speed, 0.1), x, z))

    def _side(self) -> float:
        return -OUTSIDE if self.rng.random() < 0.5 else 1 + OUTSIDE

    def _place(self, column: float, near: float | None = None) -> tuple[float, float]:
        """Ground point at a fraction of the image width, not too far in depth from ``near``."""
        low, high = FARTHEST, NEAREST
        if near is not None:
            row = self.camera.project(0.0, near)[1] / self.camera.image_height
            low, high = max(low, row - 0.16), min(high, row + 0.16)
        z = float(self.camera.depth(self.rng.uniform(low, high) * self.camera.image_height))
        return self.camera.ground_x(column * self.camera.width, z), z


def _follow(
    waypoints: np.ndarray, times: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    x, z = (np.interp(times, waypoints[:, 0], waypoints[:, k]) for k in (1, 2))
    step = times[1] if len(times) > 1 else 1.0
    vx, vz = (
        (np.interp(times + step, waypoints[:, 0], waypoints[:, k]) - position) / step
        for k, position in ((1, x), (2, z))
    )
    speed = np.hypot(vx, vz)
    # Beyond 3 m/s somebody is being moved outside the picture, not walking.
    walking = (speed > 0.3) & (speed < 3)
    distance = np.cumsum(np.where(walking, speed, 0) * step)
    return x, z, _heading(vx, vz, walking, step), _phase(distance, rng), walking


def _phase(distance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 2 * np.pi * (distance / STEP_LENGTH + rng.random())


def _heading(vx: np.ndarray, vz: np.ndarray, walking: np.ndarray, step: float) -> np.ndarray:
    """Direction of walking; who stands keeps the last one, turns take half a second."""
    last = np.maximum.accumulate(np.where(walking, np.arange(len(vx)), -1))
    last = np.where(last < 0, int(np.argmax(walking)), last)
    # Turning through the angle, not through the vector, which would vanish on the way back.
    angle = np.unwrap(np.arctan2(-vz[last], vx[last]))
    return gaussian_filter1d(angle, 0.15 / step)
