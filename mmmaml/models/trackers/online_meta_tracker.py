"""Online tracking with appearance under each track's own parameters."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from mmengine.logging import print_log
from torch import Tensor

from mmmaml.registry import MODELS
from mmmaml.utils.option_checks import check_choice, check_frame_rate, check_options

from .appearance.online_adapter import OnlineAdapter, check_adapter_options
from .appearance.track_appearance import MemoryOptions, TrackAppearance
from .association.certainty import Certainty, rate
from .association.frame_matching import FrameMatching
from .association.stages import build_stages
from .detections.detections import DetectionOptions, Detections
from .detections.frame_input import check_detections
from .detections.input_checks import check_frame_id
from .model_inputs.model_features import ModelFeatures
from .model_tracker import ModelTracker
from .motion.box_models import BOX_MODELS
from .motion.camera_motion import CameraMotion, check_image, check_transform
from .saved_state import (
    appearance_state,
    camera_state,
    pool_state,
    set_appearance,
    set_camera,
    set_pool,
)
from .tracker_options import TrackerOptions, refuse_unknown
from .tracks.matches import Decision, Matches, Started
from .tracks.track_pool import LifeOptions, TrackPool

if TYPE_CHECKING:
    from mmmaml.models.graph import GraphNetwork
    from mmmaml.models.reid import MetaReIDHead

START = 'start'
"""Name, among those of stages, of the first detection of a track."""


@MODELS.register_module()
class OnlineMetaTracker(ModelTracker):
    """Multi-object tracker of MAML MOT's online phase (Sec. II-C of the paper).

    Tracks are matched to detections by the cosine between features under each track's own
    parameters together with a Kalman motion model, then by overlap, and people who come back by
    appearance alone. It runs inside a model (:meth:`track`) or by itself on arrays
    (:meth:`step`), where with its defaults features are embeddings that are compared as they are.

    The defaults suit pedestrians and detectors whose scores are in 0..1. Times are in seconds of
    the video, so that they keep their meaning at another ``frame_rate``, and so does motion. A
    value equal to a threshold passes it.

    Args:
        reid: Crops for the Re-ID network: ``img_scale`` (h, w) is its input size in pixels,
            (256, 128) if not given; ``img_norm_cfg`` (``mean``, ``std``, ``to_rgb``) its
            normalisation if that is not the detector's; ``renormalise`` options of
            :class:`~.model_inputs.video_normalization.VideoNormalization`, ``dict()`` for its
            defaults, with which the network's batch normalisation follows the video, None
            without.
        adapter_cfg: Options of the online adaptation, arguments of
            :class:`~.appearance.online_adapter.OnlineAdapter`.
        adapt: False compares the embeddings of the Re-ID network as they are and binds no head.
        camera_motion: Options of :class:`~.motion.camera_motion.CameraMotion`, ``dict()`` for its
            defaults: tracks then follow the motion of the camera, which is estimated from every
            frame. None: the camera stands still, or ``step`` is told its motion.
        stages: Stages by which detections find their tracks, each among the tracks and detections
            left by those before it, with its options:
            ``appearance`` (:class:`~.association.appearance_stage.AppearanceStage`: ``sim_thr``,
            ``motion_weight``, ``lost_penalty``, ``veto_sim_thr``), ``overlap``, ``low_scores``
            and ``tentative`` (:mod:`~.association.overlap_stages`: ``iou_thr``,
            ``height_modulated``), ``reentry``
            (:class:`~.association.reentry_stage.ReentryStage`: ``sim_thr``, ``speed``,
            ``anywhere_seconds``), ``fusion`` and ``tentative_fusion``
            (:class:`~.association.fusion_stages.FusionStage`: ``iou_thr``, ``sim_thr``,
            ``proximity_iou_thr``, ``fuse_scores``), ``graph``
            (:class:`~.association.graph_stage.GraphStage`: ``edge_thr``, ``node_thr``,
            ``motion``), which needs a network (:meth:`bind`). Options left out keep their
            defaults; a stage that is left out, or None, does not run. They run in the order of
            ``order``, a list of their names, or, without it, of
            :data:`~.association.stages.STAGES`; that of the dict means nothing. None: the first
            five, with their defaults.
        classes: Classes (labels of the detector) that are tracked, such as ``[0]``, the people of
            a detector trained on COCO; others are nobody. None: all, each among its own kind.
        score_thr: Detections with at least this score are matched by appearance, overlap and
            re-entry. Raise it if false boxes join tracks, lower it if people are lost.
        low_score_thr: Detections between this score and ``score_thr`` may only continue, by
            overlap, a track seen in the frame before: people half hidden.
        init_score_thr: An unmatched detection of at least this score starts a track. Raise it
            if false boxes become tracks; people are then picked up later.
        max_init_iou: Largest overlap (IoU), 0..1, with a detection that a track of its class took
            in this frame, at which an unmatched one still starts a track. Above it is probably a
            second box of the same person. Larger: people close together are picked up sooner,
            more people get two tracks. 1: all start.
        max_duplicate_iou: Largest overlap (IoU), 0..1, of a track seen in this frame with a
            recently lost one of its class, where that is expected. Above it both are the same
            person, and the track of the shorter time is forgotten. 1: none is.
        num_tentatives: Detections a new track needs, in successive frames, until it is reported
            and gets its id. Larger: fewer false tracks, and true ones start that much later.
            Tracks of a video's first frame are reported at once; with 1 all are.
        tentative_seconds: Longest time from the first of these detections to the report; with the
            default, tracks are reported at once at less than 6.7 frames per second. The fewer
            frames per second, the more people are new in each, and the more a frame is worth.
        recent_seconds: Tracks lost for longer match by re-entry only. Larger: occlusions are
            bridged by motion for longer; the predicted box drifts meanwhile.
        lost_seconds: Time for which a lost track is remembered. Larger: later returns are
            recognised, among more look-alikes.
        max_lost: Number of lost tracks remembered at most; of more, those lost for longest
            are forgotten, of several the one with the largest id first. Bounds memory and time
            per frame.
        frame_rate: Frames per second of the video. In a model, the data sample's ``frame_rate``
            goes first if the dataset gives it.
        kalman_box: Box of the motion model: ``'cxcyah'`` (centre, aspect ratio, height) or
            ``'cxcywh'`` (centre, width, height), which follows changes of the width sooner.
        motion_noise: ``'per_second'`` lets people change their place and speed as much in a
            second at every ``frame_rate``, so that they are looked for in a wider area if frames
            are far apart; ``'per_frame'`` takes the noise of 30 frames per second for every
            frame, as SORT and its successors do.
        feature_average: ``'trusted'`` weighs the features of a track by score and visibility,
            the first ones equally; ``'exponential'`` treats all alike from the second one on.
        momentum: Share of a track's mean feature that survives a fully trusted observation, 0 to
            below 1. Larger: steadier, slower to follow a change of appearance.
        gallery_size: Features kept of each track, besides the mean, for the ``'gradient'``
            solver of the adapter; spread over two seconds.
        max_occlusion: Share of a box, 0..1, that a nearer person's box may cover for the
            detection to be a clear view. Others neither update a track's appearance nor veto a
            match. 1: all are clear.
        rate_certainty: Rate how certain each identity is, as
            :func:`~.association.certainty.rate` does, which takes about a millisecond a frame.
        **unknown: Refused, with the place of an option that has moved.

    Attributes:
        options: All options in groups.
        matching: The stages of matching.
        appearance: Features of the tracks, compared under each track's parameters if a head is
            bound.
        features: Asks the networks of a model for the features of its detections.
        camera: Estimates the motion of the camera, or None.
        head: The bound head, or None.
        tracks: The tracks of the current video.
        certainty: Of the detections of the last frame, if it is rated.

    Raises:
        TypeError: An option is unknown.
        ValueError: An option is out of its range, or two contradict each other.
    """

    def __init__(
        self,
        reid: dict | None = None,
        adapter_cfg: dict | None = None,
        adapt: bool = True,
        camera_motion: dict | None = None,
        stages: Mapping[str, Any] | None = None,
        classes: Sequence[int] | None = None,
        score_thr: float = 0.6,
        low_score_thr: float = 0.3,
        init_score_thr: float = 0.7,
        max_init_iou: float = 0.4,
        max_duplicate_iou: float = 1.0,
        num_tentatives: int = 2,
        tentative_seconds: float = 0.15,
        recent_seconds: float = 2.0,
        lost_seconds: float = 10.0,
        max_lost: int = 100,
        frame_rate: float = 30.0,
        kalman_box: Literal['cxcyah', 'cxcywh'] = 'cxcyah',
        motion_noise: Literal['per_second', 'per_frame'] = 'per_second',
        feature_average: Literal['trusted', 'exponential'] = 'trusted',
        momentum: float = 0.95,
        gallery_size: int = 10,
        max_occlusion: float = 0.5,
        rate_certainty: bool = False,
        **unknown: object,
    ) -> None:
        refuse_unknown(OnlineMetaTracker, unknown)
        check_choice('kalman_box', kalman_box, BOX_MODELS)
        check_choice('motion_noise', motion_noise, ('per_second', 'per_frame'))
        check_frame_rate(frame_rate)
        self.options = TrackerOptions(
            build_stages(stages),
            DetectionOptions(classes, score_thr, low_score_thr, init_score_thr, max_occlusion),
            LifeOptions(
                max_init_iou,
                max_duplicate_iou,
                num_tentatives,
                tentative_seconds,
                recent_seconds,
                lost_seconds,
                max_lost,
            ),
            MemoryOptions(feature_average, momentum, gallery_size),
            BOX_MODELS[kalman_box],
            motion_noise == 'per_second',
            frame_rate,
        )
        self.matching = FrameMatching(self.options.stages)
        self.features = ModelFeatures(reid, adapt, self.options.detections)
        self.adapter_cfg = check_adapter_options(adapter_cfg)
        camera_options = check_options('camera_motion', camera_motion, CameraMotion)
        self.camera = None if camera_motion is None else CameraMotion(**camera_options)
        self.head: MetaReIDHead | None = None
        self.rate_certainty = rate_certainty
        self.appearance = TrackAppearance(self.options.memory, frame_rate)
        self.reset()

    def reset(self, frame_rate: float | None = None) -> None:
        """Forget everything, ids included: the next frame is the first of a video.

        Args:
            frame_rate: Frames per second of that video; None takes that of the options.

        Raises:
            ValueError: It is not positive.
        """
        options = self.options
        frame_rate = options.frame_rate if frame_rate is None else frame_rate
        check_frame_rate(frame_rate)
        self.tracks = self._new_pool(frame_rate)
        self._last: tuple[Matches, Started] | None = None
        self.appearance.reset(frame_rate)
        self.features.reset()
        self.certainty: Certainty | None = None
        if self.camera is not None:
            self.camera.reset()

    def _new_pool(self, frame_rate: float) -> TrackPool:
        options = self.options
        return TrackPool(options.life, options.box_model, frame_rate, options.noise_per_second)

    def _new_appearance(self) -> TrackAppearance:
        adapter = None if self.head is None else OnlineAdapter(self.head, **self.adapter_cfg)
        return TrackAppearance(self.options.memory, self.options.frame_rate, adapter)

    @property
    def adapter(self) -> OnlineAdapter | None:
        """The adapter of the tracks' parameters; None for plain cosine."""
        return self.appearance.adapter

    def bind(self, head: 'MetaReIDHead | None', graph: 'GraphNetwork | None' = None) -> None:
        """Adapt ``head`` online; features are then the inputs of its linear layer.

        Features remembered under another head mean nothing under this one: binding a head that
        is not bound yet resets the tracker.

        Args:
            head: A ``MetaReIDHead``; None compares features as they are.
            graph: A network for the stage ``graph``, trained with this head; None binds none.
        """
        self.matching.graph = graph
        if head is self.head:
            return
        self.head = head
        self.appearance = self._new_appearance()
        self.reset()
        if head is not None:
            print_log(
                f'OnlineMetaTracker: tracks start from {len(head.task_memory)} training tasks and '
                f'the scatter of {int(head.scatter.count)} identities',
                logger='current',
            )

    def decisions(self) -> list[Decision]:
        """Say for each track that the last frame reported by what it has its detection."""
        if self._last is None:
            return []
        (matches, started), state = self._last, self.tracks.state
        similarity = self.appearance.likelihood(matches.own)
        names = [stage.name for stage in self.matching.stages]
        found = zip(matches.tracks, matches.stages, similarity, strict=True)
        made = [(track, names[stage], float(value)) for track, stage, value in found]
        made += [(track, START, np.nan) for track in started.tracks]
        return [
            Decision(int(state.ids[track]), stage, value)
            for track, stage, value in made
            if state.confirmed[track]
        ]

    def state_dict(self) -> dict[str, Any]:
        """Return all that the tracker knows of the video, to go on in another process.

        Options and networks are not in it. ``torch.save`` writes it, and ``torch.load`` reads it
        with ``weights_only=True``.

        Raises:
            ValueError: The network's normalisation follows the video (``reid.renormalise``),
                which stays within its network.
        """
        if self.features.normalization is not None:
            raise ValueError("the state of reid['renormalise'] cannot be saved: leave it out")
        return {
            'tracks': pool_state(self.tracks),
            'appearance': appearance_state(self.appearance),
            'camera': None if self.camera is None else camera_state(self.camera),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state; the same head must be bound, if one was.

        Args:
            state: What :meth:`state_dict` returned, of a tracker with the same options.

        Raises:
            ValueError: It is no such state, or one of a tracker of another kind. The tracker is
                then as it was before the call.
        """
        try:
            parts = [state[name] for name in ('tracks', 'appearance', 'camera')]
            if (self.camera is None) != (parts[2] is None):
                raise ValueError("the state is of another 'camera_motion'")
            check_frame_rate(parts[0]['frame_rate'])
            tracks = self._new_pool(parts[0]['frame_rate'])
            set_pool(tracks, parts[0])
            appearance = self._new_appearance()
            set_appearance(appearance, parts[1])
            camera = copy(self.camera)
            if camera is not None:
                set_camera(camera, parts[2])
        except (KeyError, TypeError, AttributeError, IndexError, RuntimeError) as error:
            raise ValueError(f'this is no state of an OnlineMetaTracker: {error!r}') from error
        self.features.reset()
        self.tracks, self.appearance, self.camera = tracks, appearance, camera
        self._last, self.certainty = None, None

    @torch.no_grad()
    def step(
        self,
        frame_id: int,
        bboxes: Tensor,
        scores: Tensor,
        labels: Tensor,
        feats: Tensor | None = None,
        image: np.ndarray | None = None,
        camera_motion: np.ndarray | None = None,
    ) -> Tensor:
        """Track one frame (Sec. II-C of the paper).

        Args:
            frame_id: Number of the frame; greater than the one before, gaps are allowed.
            bboxes: (N, 4) xyxy in pixels of the original image. Boxes without area are ignored.
            scores: (N,) detection scores.
            labels: (N,) classes; a track never changes its own.
            feats: (N, C) embeddings, or inputs of the adapted layer if a head is bound. None:
                motion and overlap only. Those of detections below ``score_thr`` serve the stage
                ``graph`` alone.
            image: (H, W, 3) BGR or (H, W) grey uint8, to estimate the motion of the camera from;
                looked at only by a tracker with ``camera_motion`` options, which needs it.
            camera_motion: (2, 3) affine, pixels of the frame before to pixels of this frame,
                if it is known; goes before the image.

        Returns:
            (N,) int64 ids on the device of ``bboxes``, from 1; −1 if no track is reported
            (low score, tentative track, box without area).

        Raises:
            TypeError: The number of the frame is not whole, or an input is no tensor.
            ValueError: The frame does not come after the one before, or an input has a wrong
                shape, NaN or infinity, or a stage needs a network that is not bound. The tracker
                is then as it was before the call.

        Example:
            >>> boxes = torch.tensor([[100.0, 50, 140, 150], [300, 60, 340, 160]])
            >>> scores, labels = torch.tensor([0.9, 0.8]), torch.zeros(2, dtype=torch.long)
            >>> tracker, feats = OnlineMetaTracker(frame_rate=25), torch.eye(2)
            >>> tracker.step(0, boxes, scores, labels, feats).tolist()
            [1, 2]
            >>> tracker.step(1, boxes.flip(0), scores, labels, feats.flip(0)).tolist()
            [2, 1]
        """
        frame_id = check_frame_id(frame_id, self.tracks.frame_id)
        detections, feats = self._check(bboxes, scores, labels, feats)
        self.matching.check(feats, self.appearance)
        transform = self._check_camera(image, camera_motion)
        self.tracks.advance(frame_id)  # motion
        self._follow_camera(transform, image, detections)
        self.appearance.adapt(self.tracks)  # to those in view
        # Cosine under each track's own parameters, overlap, appearance alone.
        matches = self.matching.run(self.tracks, detections, feats, self.appearance)
        if self.rate_certainty:
            certainty = rate(self.tracks, detections, feats, self.appearance, matches)
            self.certainty = certainty.spread(detections.rows, len(bboxes))
        self.tracks.update(matches, detections)
        started = self.tracks.start(matches, detections)
        self._last = matches, started
        self.appearance.learn(self.tracks, matches, started, detections, feats)
        self.tracks.remove_duplicates()
        ids = self._reported_ids(matches, started, detections, len(bboxes))
        self.tracks.retire()
        return ids.to(bboxes.device)

    def _check(
        self, bboxes: Tensor, scores: Tensor, labels: Tensor, feats: Tensor | None
    ) -> tuple[Detections, Tensor | None]:
        options = self.options
        detections, feats = check_detections(
            bboxes, scores, labels, feats, options.detections, options.box_model
        )
        if feats is not None and len(detections):
            feats = self.appearance.prepare(feats)
        return detections, feats

    def _check_camera(
        self, image: np.ndarray | None, camera_motion: np.ndarray | None
    ) -> np.ndarray | None:
        if camera_motion is not None:
            return check_transform(camera_motion)
        if self.camera is not None:
            if image is None:
                raise ValueError(
                    'this tracker has camera_motion options, but this frame came without image: '
                    'give step() the image or camera_motion, or set the option to None'
                )
            check_image(image)
        return None

    def _follow_camera(
        self, transform: np.ndarray | None, image: np.ndarray | None, detections: Detections
    ) -> None:
        """Move all tracks as the background has moved since the frame before."""
        if transform is None and self.camera is not None and image is not None:
            transform = self.camera.estimate(image, detections.boxes)
        if transform is not None:
            self.tracks.move_camera(transform)

    def _reported_ids(
        self, matches: Matches, started: Started, detections: Detections, number: int
    ) -> Tensor:
        """Return the ids (number,) of the input's detections, −1 if nobody is reported."""
        ids = np.full(number, -1, dtype=np.int64)
        for tracks, dets in ((matches.tracks, matches.dets), started):
            reported = self.tracks.state.confirmed[tracks]
            ids[detections.rows[dets[reported]]] = self.tracks.state.ids[tracks[reported]]
        return torch.from_numpy(ids)
