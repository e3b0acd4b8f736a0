"""The knobs of the tracker."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

from .box_models import BOX_MODELS, BoxModel

STAGES = (
    'appearance',
    'overlap',
    'low_scores',
    'tentative',
    'return',
    'fusion',
    'tentative_fusion',
)
"""Stages of matching there are, see :class:`~.frame_matching.FrameMatching`."""


@dataclass(frozen=True)
class TrackerOptions:
    """Knobs of :class:`OnlineMetaTracker`, each an argument of it.

    The defaults suit pedestrians at 25 to 30 frames per second and scores in 0..1. Times are in
    seconds of the video, so that they keep their meaning at another ``frame_rate``. Similarities
    are cosines, −1..1; where the adapter is calibrated (its default), those of
    ``'appearance'`` and of the veto on strangers are likelihoods, 0..1, that two looks are one
    person's. A value equal to a threshold passes it.

    Args:
        stages: How detections find their tracks, each stage among what those before it left:
            ``'appearance'`` (similarity within the motion gate), ``'overlap'``, ``'low_scores'``
            (weak detections by overlap), ``'tentative'`` (tracks not yet confirmed, by overlap),
            ``'return'`` (lost tracks by appearance alone), ``'fusion'`` and
            ``'tentative_fusion'`` (the smaller of box and appearance distance, BoT-SORT's way).
        classes: Classes (labels of the detector) that are tracked, such as ``[0]``, the people of
            a detector trained on COCO; others are nobody. None: all, each among its own kind.
        score_thr: Detections with at least this score are matched by appearance, overlap and
            re-entry. Raise it where false boxes join tracks, lower it where people are lost.
        low_score_thr: Detections between this and ``score_thr`` may only continue, by overlap, a
            track seen in the frame before: people half hidden. Equal to ``score_thr``: none do.
        init_score_thr: An unmatched detection of at least this score starts a track. Raise it
            where false boxes become tracks; people are then picked up later.
        num_tentatives: Detections a new track needs, in successive frames, until it is reported
            and gets its id. Larger: fewer false tracks, and true ones start that much later.
            Tracks of a video's first frame are reported at once; with 1 all are.
        match_sim_thr: Least similarity to match by appearance at the edge of the motion gate.
            Larger: fewer switches between people, more tracks that only overlap can continue.
        motion_weight: Share of the squared Mahalanobis distance in the cost of appearance
            matching, the rest being 1 − similarity; 0..1. At 0 motion only rules out; larger, it
            decides more, between people who look alike and then between those who do not. Where
            a track is expected exactly, similarity may be below ``match_sim_thr`` by the whole
            weight of the gate, at 0.05 by 0.5, at 0.02 by 0.2.
        unseen_cost: By how much more a track that was not seen in the frame before must look like
            a detection than one that was, to take it; a similarity, at least 0. Larger: fewer ids
            are stolen by the lost from those who pass in front of them, fewer lost ones found.
        match_iou_thr: Least overlap (IoU) with the predicted box to match by overlap, 0..1. Lower
            it for low frame rates and moving cameras.
        tentative_iou_thr: The same for tracks not yet confirmed, which hardly know their motion.
        low_iou_thr: The same for detections below ``score_thr``. None: ``match_iou_thr``.
        proximity_iou_thr: In fusion, least overlap (IoU) for appearance to count, 0..1. Larger:
            looks decide only between boxes that nearly fit anyway. Least similarity is
            ``match_sim_thr``.
        fuse_scores: In fusion, multiply overlaps by the scores of the detections: certain ones
            then match first, and uncertain ones need more overlap.
        overlap_sim_thr: A track does not match a clear view of less similarity than this,
            however well the boxes fit: someone else stands in its place. −1 turns this off.
        recent_seconds: Tracks unseen for longer match by re-entry only. Larger: occlusions are
            bridged by motion for longer; the predicted box drifts meanwhile.
        reentry_sim_thr: Least similarity for a lost track to continue where someone appears.
            Lower: more people keep their id when they return, more ids go to look-alikes. Above
            1 turns re-entry off.
        reentry_speed: How fast people may have moved since they were last seen, in heights of
            their box per second; walking is about 0.8. Larger: a wider search.
        reentry_anywhere_seconds: Unseen for longer, a person may return anywhere in the image.
        lost_seconds: How long a lost track is remembered. Larger: later returns are recognised,
            among more look-alikes.
        max_lost: How many lost tracks are remembered at most; of more, those unseen for longest
            are forgotten, of several the one with the largest id first. Bounds memory and time
            per frame.
        frame_rate: Frames per second of the video. In a model, the data sample's ``frame_rate``
            goes first where the dataset gives it.
        kalman_box: What the motion model filters: ``'cxcyah'`` (centre, aspect ratio, height) or
            ``'cxcywh'`` (centre, width, height), which follows changes of the width sooner.
        feature_average: ``'trusted'`` weighs the features of a track by score and visibility,
            the first ones equally; ``'exponential'`` treats all alike from the second one on.
        momentum: Share of a track's mean feature that survives a fully trusted observation, 0 to
            below 1. Larger: steadier, slower to follow a change of looks.
        gallery_size: Features kept of each track, besides the mean, for adaptation.
        gallery_seconds: Time over which those are spread. Larger: more varied, and older.
        max_covered: A track's looks are not updated from a detection of whose box a nearer
            person's box covers more than this share, 0..1. 1 updates always.

    Raises:
        ValueError: A value is out of its range, or two contradict each other.
    """

    stages: tuple[str, ...] = ('appearance', 'overlap', 'low_scores', 'tentative', 'return')
    classes: tuple[int, ...] | None = None
    score_thr: float = 0.4
    low_score_thr: float = 0.1
    init_score_thr: float = 0.5
    num_tentatives: int = 2
    match_sim_thr: float = 0.4
    motion_weight: float = 0.05
    unseen_cost: float = 0.3
    match_iou_thr: float = 0.5
    tentative_iou_thr: float = 0.5
    low_iou_thr: float | None = None
    proximity_iou_thr: float = 0.5
    fuse_scores: bool = False
    overlap_sim_thr: float = 0.2
    recent_seconds: float = 2.0
    reentry_sim_thr: float = 0.6
    reentry_speed: float = 2.0
    reentry_anywhere_seconds: float = 4.0
    lost_seconds: float = 10.0
    max_lost: int = 100
    frame_rate: float = 30.0
    kalman_box: Literal['cxcyah', 'cxcywh'] = 'cxcyah'
    feature_average: Literal['trusted', 'exponential'] = 'trusted'
    momentum: float = 0.9
    gallery_size: int = 10
    gallery_seconds: float = 2.0
    max_covered: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, 'stages', tuple(self.stages))  # configs have lists
        if self.classes is not None:
            self._check_classes()
        for stage in self.stages:
            self._require('stages', stage in STAGES, f'of {", ".join(STAGES)}')
        self._require('kalman_box', self.kalman_box in BOX_MODELS, "'cxcyah' or 'cxcywh'")
        self._require(
            'feature_average',
            self.feature_average in ('trusted', 'exponential'),
            "'trusted' or 'exponential'",
        )
        for name in ('motion_weight', 'match_iou_thr', 'tentative_iou_thr', 'max_covered'):
            self._require(name, 0 <= getattr(self, name) <= 1, 'between 0 and 1')
        self._require('proximity_iou_thr', 0 <= self.proximity_iou_thr <= 1, 'between 0 and 1')
        low = self.low_iou_thr
        self._require('low_iou_thr', low is None or 0 <= low <= 1, 'between 0 and 1, or None')
        for name in ('match_sim_thr', 'overlap_sim_thr'):
            self._require(name, -1 <= getattr(self, name) <= 1, 'a similarity, between -1 and 1')
        for name in ('recent_seconds', 'reentry_speed', 'lost_seconds', 'gallery_seconds'):
            self._require(name, getattr(self, name) >= 0, 'at least 0')
        for name in ('num_tentatives', 'gallery_size'):
            value = getattr(self, name)
            self._require(name, value >= 1 and value == int(value), 'a whole number from 1')
        self._require(
            'max_lost', self.max_lost >= 0 and self.max_lost == int(self.max_lost), 'whole, >= 0'
        )
        self._require('frame_rate', self.frame_rate > 0, 'greater than 0')
        self._require('momentum', 0 <= self.momentum < 1, 'at least 0 and below 1')
        self._require('unseen_cost', self.unseen_cost >= 0, 'at least 0')
        self._require('reentry_sim_thr', self.reentry_sim_thr >= -1, 'at least -1')
        self._require(
            'low_score_thr',
            self.low_score_thr <= self.score_thr,
            f'at most score_thr={self.score_thr}',
        )
        self._require(
            'init_score_thr',
            self.init_score_thr >= self.score_thr,
            f'at least score_thr={self.score_thr}: weaker detections cannot start a track',
        )

    def _check_classes(self) -> None:
        numbers = isinstance(self.classes, Iterable) and all(
            isinstance(label, int) and label >= 0 for label in self.classes
        )
        self._require('classes', numbers and bool(self.classes), 'labels from 0 on, or None')
        object.__setattr__(self, 'classes', tuple(self.classes or ()))

    def _require(self, name: str, fulfilled: bool, expected: str) -> None:
        if not fulfilled:
            raise ValueError(
                f'OnlineMetaTracker: {name}={getattr(self, name)!r} must be {expected}'
            )

    @property
    def box_model(self) -> BoxModel:
        """What the columns of a motion state are."""
        return BOX_MODELS[self.kalman_box]

    @classmethod
    def names(cls) -> list[str]:
        """Names of all knobs."""
        return [each.name for each in fields(cls)]
