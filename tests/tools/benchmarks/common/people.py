"""People for simulated detections."""

import numpy as np

from mmmaml.utils.mot_files import FRAME, HEIGHT, ID, LEFT, WIDTH
from tools.benchmarks.common import simulated_detections as sim


def truth(people=40, frames=200):
    """Rows of people who stand in a row, one after another in the file."""
    rows = np.ones((people, frames, 9))
    rows[..., FRAME] = np.arange(1, frames + 1)
    rows[..., ID] = np.arange(people)[:, None] * 3 + 7
    rows[..., LEFT] = 100 * np.arange(people)[:, None]
    rows[..., LEFT + 1] = 50
    rows[..., WIDTH], rows[..., HEIGHT] = 40, 100
    return rows.reshape(-1, 9)


def crossing():
    """Two people who change places, looked at by a video of 30 frames."""
    rows = truth(2, 30).reshape(2, 30, 9)
    rows[0, :, LEFT] = np.arange(30) * 10
    rows[1, :, LEFT] = 290 - np.arange(30) * 10
    frames = sim.simulate(rows.reshape(-1, 9), sim.Noise(dropped=0.0), seed=0)
    return sim.Video('crossing', 30.0, rows.reshape(-1, 9), frames)
