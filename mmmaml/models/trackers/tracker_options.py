"""Options of the tracker in groups, and the places of those that have moved."""

from collections.abc import Iterable
from dataclasses import dataclass
from inspect import signature

from mmmaml.utils.option_checks import OptionError

from .appearance.track_appearance import MemoryOptions
from .association.stage import Stage
from .detections.detections import DetectionOptions
from .motion.box_models import BoxModel
from .tracks.track_pool import LifeOptions

MOVED = {
    'match_sim_thr': 'sim_thr of the stage appearance, or of fusion and tentative_fusion',
    'motion_weight': 'motion_weight of the stage appearance',
    'unseen_cost': 'lost_penalty of the stage appearance',
    'overlap_sim_thr': 'veto_sim_thr of the stage appearance',
    'match_iou_thr': 'iou_thr of the stages overlap, low_scores and fusion',
    'tentative_iou_thr': 'iou_thr of the stages tentative and tentative_fusion',
    'low_iou_thr': 'iou_thr of the stage low_scores',
    'proximity_iou_thr': 'proximity_iou_thr of the stages fusion and tentative_fusion',
    'fuse_scores': 'fuse_scores of the stages fusion and tentative_fusion',
    'reentry_sim_thr': 'sim_thr of the stage reentry',
    'reentry_speed': 'speed of the stage reentry',
    'reentry_anywhere_seconds': 'anywhere_seconds of the stage reentry',
    'max_covered': 'max_occlusion',
    'gallery_seconds': 'fixed at 2 seconds',
}
"""Options that the tracker once had, and their place now."""


@dataclass(frozen=True)
class TrackerOptions:
    """Options of a tracker, each group for the part that uses it.

    Attributes:
        stages: Stages of matching in their order.
        detections: Roles of detections, by score and class.
        life: Start and end of tracks.
        memory: Remembered features.
        box_model: Box model of the Kalman filter.
        noise_per_second: The noise of motion is that of a time, not of a frame.
        frame_rate: Frames per second of a video that does not say.
    """

    stages: tuple[Stage, ...]
    detections: DetectionOptions
    life: LifeOptions
    memory: MemoryOptions
    box_model: BoxModel
    noise_per_second: bool
    frame_rate: float


def refuse_unknown(tracker: type, unknown: Iterable[str]) -> None:
    """Refuse options that a tracker does not have.

    Args:
        tracker: Its class, whose signature names those that it has.
        unknown: Names of the others that were given.

    Raises:
        OptionError: There is one; the message says where it is now, if it has moved.
    """
    names = sorted(unknown)
    if not names:
        return
    known = [
        each.name
        for each in signature(tracker).parameters.values()
        if each.kind != each.VAR_KEYWORD
    ]
    text = [f'{tracker.__name__} has no option {", ".join(names)}']
    text += [f'{name} is now {MOVED[name]}' for name in names if name in MOVED]
    if not all(name in MOVED for name in names):
        text.append(f'it has {", ".join(known)}')
    elif any('stage' in MOVED[name] for name in names):
        text.append('the options of stages are in stages=dict(STAGE=dict(OPTION=VALUE))')
    raise OptionError('; '.join(text))
