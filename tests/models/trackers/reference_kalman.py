"""A Kalman filter over eight dimensions with its matrices, in float64."""

import math

import numpy as np

OBSERVE = np.eye(4, 8)
"""Of position and velocity, the position is seen."""


class Kalman:
    """Constant velocity of (cx, cy, w/h, h) or, with ``cxcywh``, of (cx, cy, w, h).

    A frame takes ``length`` seconds.
    """

    def __init__(self, box, kind, length=1 / 30):
        self.kind = kind
        self.frames_of_sort = 30 * length
        measured = self.measure(box)
        self.mean = np.concatenate([measured, np.zeros(4)])
        speed = [self.frames_of_sort * std for std in self.stds(10 / 160, 1e-5)]
        self.covariance = np.diag(np.square(self.stds(2 / 20, 1e-2) + speed))

    def measure(self, box):
        left, top, right, bottom = (float(value) for value in box)
        width, height = right - left, bottom - top
        size = [width / height, height] if self.kind == 'cxcyah' else [width, height]
        return np.array([left + width / 2, top + height / 2, *size])

    def box(self):
        cx, cy, width, height = self.mean[:4]
        if self.kind == 'cxcyah':
            width = width * height
        return [cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2]

    def stds(self, share, of_aspect):
        width, height = self.mean[2:4]
        if self.kind == 'cxcyah':
            return [share * height, share * height, of_aspect, share * height]
        return [share * width, share * height, share * width, share * height]

    def predict(self, frames, seen):
        if not seen:
            self.mean[6:] = 0
        step = np.eye(8)
        step[:4, 4:] = np.eye(4)
        noise = np.diag(np.square(self.stds(1 / 20, 1e-2) + self.stds(1 / 160, 1e-5)))
        noise *= self.frames_of_sort**0.75
        for _ in range(frames):
            self.mean = step @ self.mean
            self.covariance = step @ self.covariance @ step.T + noise
        self.mean[2] = max(self.mean[2], 0.05 if self.kind == 'cxcyah' else 1.0)
        self.mean[3] = max(self.mean[3], 1.0)

    def move_camera(self, transform):
        linear, scale = transform[:, :2], math.sqrt(np.linalg.det(transform[:, :2]))
        move = np.zeros((8, 8))
        for start in (0, 4):
            move[start : start + 2, start : start + 2] = linear
            move[start + 2, start + 2] = 1 if self.kind == 'cxcyah' else scale
            move[start + 3, start + 3] = scale
        self.mean = move @ self.mean
        self.mean[:2] += transform[:, 2]
        self.covariance = move @ self.covariance @ move.T

    def innovation(self, box):
        noise = np.diag(np.square(self.stds(1 / 20, 1e-1)))
        covariance = OBSERVE @ self.covariance @ OBSERVE.T + noise
        return self.measure(box) - OBSERVE @ self.mean, covariance

    def distance(self, box):
        innovation, covariance = self.innovation(box)
        return innovation @ np.linalg.solve(covariance, innovation)

    def update(self, box):
        innovation, covariance = self.innovation(box)
        gain = self.covariance @ OBSERVE.T @ np.linalg.inv(covariance)
        self.mean = self.mean + gain @ innovation
        self.covariance = self.covariance - gain @ covariance @ gain.T
