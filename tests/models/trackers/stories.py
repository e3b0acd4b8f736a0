"""Words in which the stories about the tracker are told."""

import torch

from mmmaml.models.trackers import OnlineMetaTracker

APPEARANCE = torch.eye(8)
"""Features of eight people who look nothing alike."""

DEFAULT_STAGES = ('appearance', 'overlap', 'low_scores', 'tentative', 'reentry')


def stages(**changes):
    """The default stages with other options; None leaves a stage out."""
    assert set(changes) <= set(DEFAULT_STAGES)
    return {name: changes.get(name, {}) for name in DEFAULT_STAGES}


def box(cx, cy=200.0, width=40.0, height=100.0):
    return [cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2]


def tracker(**options):
    return OnlineMetaTracker(**{'frame_rate': 10, **options})


def see(track, frame, boxes, appearance=None, scores=None, labels=None):
    """One step; returns the ids as a list. ``appearance`` are rows of APPEARANCE or features."""
    number = len(boxes)
    if appearance is not None and not isinstance(appearance, torch.Tensor):
        appearance = APPEARANCE[list(appearance)]
    return track.step(
        frame,
        torch.tensor(boxes, dtype=torch.float32).reshape(number, 4),
        torch.full((number,), 0.9) if scores is None else torch.tensor(scores),
        torch.tensor([0] * number if labels is None else labels, dtype=torch.long),
        appearance,
    ).tolist()
