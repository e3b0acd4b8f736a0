"""A body painted from its joints."""

import cv2
import numpy as np

from .people import BLACK, Colour, Person
from .pose import HEAD, HIP, HIP_HALF_WIDTH, NECK, SHOULDER, SHOULDER_HALF_WIDTH, Pose

_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates
_CIRCLE = np.stack([np.cos(a := np.linspace(0, 2 * np.pi, 16, endpoint=False)), np.sin(a)], 1)


class BodyDrawing:
    """One body on a transparent canvas, painted from the far parts to the near ones.

    Every part is the convex hull of circles. Painted with anti-aliasing on transparent black,
    colours come out multiplied by alpha.

    Args:
        person: Whose body.
        pose: Its joints.
        yaw: Radians as in ``pose``.
        resolution: Body height in pixels.
    """

    def __init__(self, person: Person, pose: Pose, yaw: float, resolution: int) -> None:
        self.person, self.pose, self.unit = person, pose, float(resolution)
        self.cos, self.sin = float(np.cos(yaw)), float(np.sin(yaw))
        self.canvas = np.zeros((int(1.15 * resolution), int(0.9 * resolution), 4), np.uint8)
        self.origin = (0.45 * resolution, 1.1 * resolution)

    def paint(self) -> np.ndarray:
        """Return the canvas (h, w, 4) uint8 with premultiplied alpha; paint once."""
        far, near = (0, 1) if self.cos >= 0 else (1, 0)
        facing_camera = self.sin > 0.1
        self._arm(far)
        if facing_camera:
            self._backpack()
        self._leg(far)
        self._leg(near)
        self._hips()
        if facing_camera and self.person.hair_kind != 'bald':
            self._hair()
        self._torso()
        if abs(self.sin) > 0.6:
            self._arm(far)
        if not facing_camera:
            self._backpack()
        self._head()
        self._shoulder_bag()
        self._arm(near)
        return self.canvas

    def _project(self, points: np.ndarray) -> np.ndarray:
        """(n, 3) forward, left, up to (n, 2) pixels of the canvas."""
        x = points[:, 0] * self.cos + points[:, 1] * self.sin
        return np.stack(
            [self.origin[0] + x * self.unit, self.origin[1] - points[:, 2] * self.unit], 1
        )

    def _hull(
        self, points: np.ndarray, radii: float | np.ndarray, colour: Colour, tint: float = 1.0
    ) -> None:
        centres = self._project(np.asarray(points, float))
        radius = np.broadcast_to(np.asarray(radii, float), (len(centres),)) * self.unit
        outline = (centres[:, None] + radius[:, None, None] * _CIRCLE).reshape(-1, 2)
        hull = cv2.convexHull((outline * (1 << _SHIFT)).astype(np.int32))
        value = (*(min(255.0, c * tint) for c in colour), 255.0)
        cv2.fillConvexPoly(self.canvas, hull, value, cv2.LINE_AA, _SHIFT)

    def _part(
        self, points: np.ndarray, radii: float | np.ndarray, colour: Colour, tint: float = 1.0
    ) -> None:
        """Paint a hull with a darker rim that sets it off from what is behind."""
        self._hull(points, np.asarray(radii) + 0.006, colour, 0.6 * tint)
        self._hull(points, np.asarray(radii) - 0.002, colour, tint)

    def _tint(self, side: int) -> float:
        depth = self.cos * (1 if side == 0 else -1)
        return 1.0 - 0.22 * max(0.0, depth)

    def _leg(self, side: int) -> None:
        p, pose, tint = self.person, self.pose, self._tint(side)
        hip, knee, ankle, toe = (a[side] for a in (pose.hips, pose.knees, pose.ankles, pose.toes))
        bare = p.lower_kind != 'trousers'
        heel = ankle - [0.02, 0, 0.01]
        self._part(np.array([heel, toe]), np.array([0.022, 0.016]), p.shoes, tint)
        calf = p.skin if bare else p.lower
        self._part(np.array([knee, ankle]), np.array([0.038, 0.024]) * p.build, calf, tint)
        thigh = p.skin if p.lower_kind == 'skirt' else p.lower
        self._part(np.array([hip, knee]), np.array([0.056, 0.042]) * p.build, thigh, tint)

    def _hips(self) -> None:
        p = self.person
        if p.lower_kind == 'skirt':
            knees = 0.75 * self.pose.knees + 0.25 * self.pose.hips
            points = np.concatenate([self.pose.hips, knees])
            self._part(points, np.array([0.055, 0.055, 0.05, 0.05]) * p.build, p.lower)
        else:
            self._hull(self.pose.hips, 0.056 * p.build, p.lower)

    def _trunk(self, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
        """Circles whose hull is the trunk between two heights above the ground."""
        up = np.array([low, low, high, high])
        rise = (up - HIP) / (SHOULDER - HIP)
        half = (HIP_HALF_WIDTH + rise * (SHOULDER_HALF_WIDTH - HIP_HALF_WIDTH)) * self.person.build
        left = np.maximum(half - 0.03, 0.02) * np.array([1, -1, 1, -1])
        radii = (0.058 - 0.004 * rise) * self.person.build
        return np.stack([np.zeros(4), left, up + self.pose.lift], 1), radii

    def _torso(self) -> None:
        p = self.person
        neck = np.array([[0, 0, SHOULDER + self.pose.lift], [0, 0, NECK + 0.02 + self.pose.lift]])
        self._part(neck, 0.026, p.skin)
        self._part(*self._trunk(HIP + 0.02, SHOULDER - 0.025), p.upper)
        if p.pattern == 'stripes':
            for low in np.arange(HIP + 0.015, SHOULDER, 0.062):
                self._slice(low, 0.014)
        elif p.pattern == 'band':
            self._slice(0.69, 0.035)
        elif p.pattern == 'jacket' and self.sin > 0.25:
            self._front((HIP, 0.02), (SHOULDER, 0.04), p.accent)

    def _slice(self, centre: float, half_height: float) -> None:
        """Paint a horizontal band of the accent colour around the trunk."""
        points, radii = self._trunk(centre, centre)
        xs = self._project(points[:2])[:, 0]
        reach = float(radii[0]) * self.unit
        ys = (
            self.origin[1]
            - (centre + self.pose.lift + half_height * np.array([1, -1])) * self.unit
        )
        quad = [(x, y) for x in (xs.min() - reach, xs.max() + reach) for y in ys]
        hull = cv2.convexHull((np.array(quad) * (1 << _SHIFT)).astype(np.int32))
        cv2.fillConvexPoly(self.canvas, hull, (*self.person.accent, 255), cv2.LINE_AA, _SHIFT)

    def _front(
        self, bottom: tuple[float, float], top: tuple[float, float], colour: Colour
    ) -> None:
        """Paint a strip down the chest: (height, half width) at its two ends."""
        points = [
            (0.05, side * half, up + self.pose.lift)
            for up, half in (bottom, top)
            for side in (1, -1)
        ]
        self._hull(np.array(points), 0.006, colour)

    def _arm(self, side: int) -> None:
        p, pose, tint = self.person, self.pose, self._tint(side)
        shoulder, elbow, hand = (a[side] for a in (pose.shoulders, pose.elbows, pose.hands))
        self._part(hand[None], 0.022, p.skin, tint)
        forearm = p.skin if p.short_sleeves else p.upper
        self._part(np.array([elbow, hand]), np.array([0.027, 0.02]) * p.build, forearm, tint)
        self._part(np.array([shoulder, elbow]), np.array([0.037, 0.031]) * p.build, p.upper, tint)

    def _backpack(self) -> None:
        p, lift = self.person, self.pose.lift
        if p.bag != 'backpack':
            return
        points = [(-0.1, side * 0.05, up + lift) for side in (1, -1) for up in (0.6, 0.77)]
        self._part(np.array(points), 0.04, p.bag_colour)
        if self.sin > 0.1:
            return
        points = [(-0.12, side * 0.03, 0.64 + lift) for side in (1, -1)]
        self._hull(np.array(points), 0.028, p.bag_colour, 0.75)

    def _shoulder_bag(self) -> None:
        p, lift = self.person, self.pose.lift
        if p.bag != 'shoulder':
            if p.bag == 'backpack' and self.sin > 0.25:
                for side in (0.06, -0.06):
                    strap = np.array([[0.05, side, 0.62 + lift], [0.05, side, 0.8 + lift]])
                    self._hull(strap, 0.01, p.bag_colour)
            return
        if abs(self.sin) > 0.1:
            strap = np.array([[0, 0.11, 0.58 + lift], [0, -0.06, 0.82 + lift]])
            self._hull(strap, 0.009, p.bag_colour, 0.8)
        if self.cos > 0.5:  # it hangs on the left, behind a body that walks to the right
            return
        points = [(f, 0.135, up + lift) for f in (-0.05, 0.05) for up in (0.48, 0.56)]
        self._part(np.array(points), 0.022, p.bag_colour)

    def _head(self) -> None:
        p = self.person
        centre = self._head_centre()
        self._part(centre + np.array([[0, 0, 0.016], [0, 0, -0.016]]), 0.05, p.skin)
        has_hair = p.hair_kind != 'bald'
        if self.sin > 0.1:
            if has_hair:
                fringe = np.array([[0.02, 0.022, 0.045], [0.02, -0.022, 0.045]]) + centre
                self._hull(fringe, 0.02, p.hair)
            self._eyes(centre)
        elif has_hair:
            self._hair()
        self._hat(centre)

    def _head_centre(self) -> np.ndarray:
        return np.array([0.01, 0.0, HEAD + self.pose.lift])

    def _hair(self) -> None:
        """Top and back of the head; long hair falls on the shoulders."""
        strands = [[-0.006, 0, 0.034], [-0.034, 0, 0.012], [-0.036, 0, -0.012]]
        radii = [0.044, 0.036, 0.03]
        if self.person.hair_kind == 'long':
            strands.append([-0.045, 0, -0.115])
            radii.append(0.03 + 0.014 * abs(self.sin))
        elif self.sin < -0.1:
            radii = [r + 0.012 for r in radii]
        points = np.array(strands) + self._head_centre()
        # Two convex pieces, so that the face stays free in profile.
        self._part(points[:2], np.array(radii[:2]), self.person.hair)
        self._hull(points[1:], np.array(radii[1:]), self.person.hair)

    def _eyes(self, centre: np.ndarray) -> None:
        for side in (0.02, -0.02):
            self._hull(centre[None] + [0.045, side, 0.0], 0.006, BLACK)

    def _hat(self, centre: np.ndarray) -> None:
        p = self.person
        if p.hat == 'none':
            return
        crown = np.array([[0, 0.02, 0.045], [0, -0.02, 0.045], [0, 0, 0.06]]) + centre
        self._part(crown, 0.04, p.accent)
        if p.hat == 'cap':
            visor = np.array([[0.03, 0.02, 0.035], [0.03, -0.02, 0.035], [0.09, 0, 0.028]])
            self._part(visor + centre, 0.01, p.accent, 0.8)
