"""Appearance similarity under each track's own parameters."""

from collections.abc import Mapping
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mmmaml.meta import (
    SceneMetric,
    SceneScatter,
    cosine_scale,
    kernel_inner_loop,
    scene_centre,
    whitening,
)
from mmmaml.utils.option_checks import check_number, check_options

from .similarity_calibration import SimilarityCalibration

if TYPE_CHECKING:
    from mmmaml.models.reid import MetaReIDHead

REFIT_GROWTH = 0.02
"""Share of new observations from which on the metric is solved for again."""


class OnlineAdapter:
    """Every track is a task: its last layer is its own (Sec. II-C of the paper).

    The parameters of track t start as the similarity-weighted mean of the parameters adapted to
    training tasks (Eq. 6-7), recomputed as the features of the track change, and then keep
    adapting to the scene frame by frame. All tracks are adapted together.

    Numbers that are None are those of the head's scatter prior: learned ones if its file has such
    (:class:`~mmmaml.meta.AdapterNumbers`), those chosen by hand else, which are named here.

    Args:
        head: Gives the layer, the task memory and the statistics a scene starts from.
        blend_tasks: Start from the task memory (Eq. 6-7), which costs time with every task in
            it. False starts every track from θ.
        solver: Adaptation of the layer to the scene. ``'closed_form'`` solves for the metric that
            tells its people apart, shared by all tracks; ``'gradient'`` takes inner-loop steps
            on each track's gallery; None does not adapt.
        shrinkage: For ``'closed_form'``, how far the metric stays from the one fitted, 0 to
            about 3. Larger is safer with few people in view, and adapts less. By hand: 0.1.
        prior_weight: For ``'closed_form'``, how many observations the training data are worth.
            Larger adapts more slowly in a new video. By hand: 100.
        memory: Observations of the scene after which old ones fade; 35 people are seen 1000 times
            a second at 30 frames per second. Larger is steadier and follows changes of the scene
            more slowly.
        num_steps: For ``'gradient'``, steps. More separate the tracks in view more sharply and
            follow a wrong match further.
        inner_lr: For ``'gradient'``, the rate; None takes the memory's.
        calibrate: Turn cosines into likelihoods by those that one person and two people have in
            this scene (:class:`~.similarity_calibration.SimilarityCalibration`). False: cosines
            as they are.
        temperature: Of these likelihoods. Larger: small differences of appearance count for less
            beside those of boxes. By hand: 3.
        raw_share: For ``'closed_form'``, the share of the cosine before the metric in the
            similarity, 0..1. By hand: 0.

    Attributes:
        metric: Metric of the scene that ``'closed_form'`` has fitted, or None.
        calibration: Turns cosines into likelihoods, or None.

    Raises:
        ValueError: An argument is out of its range.
    """

    def __init__(
        self,
        head: 'MetaReIDHead',
        blend_tasks: bool = False,
        solver: Literal['closed_form', 'gradient'] | None = 'closed_form',
        shrinkage: float | None = None,
        prior_weight: float | None = None,
        memory: float = 10000.0,
        num_steps: int = 1,
        inner_lr: float | None = None,
        calibrate: bool = True,
        temperature: float | None = None,
        raw_share: float | None = None,
    ) -> None:
        _check_values(
            solver=solver,
            shrinkage=shrinkage,
            prior_weight=prior_weight,
            memory=memory,
            num_steps=num_steps,
            inner_lr=inner_lr,
            temperature=temperature,
            raw_share=raw_share,
        )
        given = {
            'shrinkage': shrinkage,
            'prior_weight': prior_weight,
            'temperature': temperature,
            'raw_share': raw_share,
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        numbers = replace(head.scatter.numbers, **chosen)
        _check_memory(memory, numbers.prior_weight)
        self.head = head
        self.blend_tasks = blend_tasks
        self.solver = solver
        self.shrinkage = numbers.shrinkage
        self.raw_share = numbers.raw_share
        self.num_steps = num_steps
        self.inner_lr = inner_lr
        self.scatter = SceneScatter(head.scatter, numbers.prior_weight, memory)
        calibration = SimilarityCalibration(numbers.temperature, memory, numbers)
        self.calibration = calibration if calibrate else None
        self.reset()

    @property
    def uses_gallery(self) -> bool:
        """True if single features of tracks are needed, False if their means are enough."""
        return self.solver == 'gradient'

    def reset(self) -> None:
        """Forget the scene."""
        self.scatter.reset()
        self.metric: SceneMetric | None = None
        self._fitted_freedom = 0.0
        self._unfitted = 0.0
        if self.calibration is not None:
            self.calibration.reset()

    def prepare(self, feats: Tensor) -> Tensor:
        """Return features (N, C) in the precision of the layer.

        Raises:
            ValueError: C is not what the layer takes.
        """
        channels = self.head.weight.shape[1]
        if feats.shape[1] != channels:
            raise ValueError(
                f'feats have {feats.shape[1]} channels, the adapted layer takes {channels}: give '
                'the features that it was trained on'
            )
        return feats.to(self.head.weight)

    @torch.no_grad()
    def observe(self, means: Tensor, known: Tensor, feats: Tensor, weights: Tensor) -> None:
        """Learn the variation of a person's features from detections matched to tracks.

        Args:
            means: (P, C) mean feature of each track before the detection.
            known: (P,) summed trust in the observations behind it, > 0.
            feats: (P, C) features of the detections.
            weights: (P,) trust in them, > 0.
        """
        if self.solver != 'closed_form' or not len(feats):
            return
        self.scatter.add((feats - means) @ self.head.weight.T, known, weights)
        self._unfitted += float(weights.sum())

    @torch.no_grad()
    def fit(self, track_mean: Tensor) -> None:
        """Adapt to the tracks in view, once a frame.

        The metric is that of embeddings under θ; it is applied to those under each track's start,
        which differ by what the tracks take from different training tasks.

        Args:
            track_mean: (T, C) running mean of each track's features.
        """
        if self.solver != 'closed_form':
            return
        centre = scene_centre(self.head(track_mean), self.head.scatter)
        if self.metric is None or self._unfitted > REFIT_GROWTH * self._fitted_freedom:
            metric = whitening(self.scatter.scatter, self.shrinkage)
            self._fitted_freedom, self._unfitted = self.scatter.freedom, 0.0
        else:
            metric = self.metric.whitening
        self.metric = SceneMetric(centre, metric)

    @torch.no_grad()
    def similarity(
        self,
        track_mean: Tensor,
        gallery: Tensor | None,
        gallery_count: Tensor | None,
        feats: Tensor,
    ) -> Tensor:
        """Return the cosine of tracks and detections, each row under the parameters of its track.

        Args:
            track_mean: (T, C) running mean of each track's features.
            gallery: (T, K, C) the last features of each track, for ``'gradient'``.
            gallery_count: (T,) number of the K that are valid, from the front, for ``'gradient'``.
            feats: (N, C) features of the detections.

        Returns:
            (T, N).
        """
        weights = self._weights(track_mean)
        if self.solver == 'gradient' and len(track_mean):
            assert gallery is not None
            assert gallery_count is not None
            own, dets = self._separate(weights, track_mean, gallery, gallery_count, feats)
        else:
            own, dets = self._own(weights, track_mean), self._all(weights, feats)
        metric = self.metric
        if metric is None:
            return _cosines(own, dets)
        similarity = _cosines(metric.transform(own), metric.transform(dets))
        if not self.raw_share:
            return similarity
        return similarity.lerp(_cosines(own - metric.centre, dets - metric.centre), self.raw_share)

    def _weights(self, track_mean: Tensor) -> Tensor | None:
        """Return weights (T, M) of the training tasks in each track's start, None if all are θ."""
        if not self.blend_tasks:
            return None
        weights = self.head.task_memory.blend_weights(track_mean)
        return weights if weights.any() else None

    def _own(self, weights: Tensor | None, track_mean: Tensor) -> Tensor:
        """Return each track's mean (T, D) under its own start."""
        if weights is None:
            return self.head(track_mean)
        displacements = self.head.task_memory.displacements(track_mean, with_bias=True)
        return self.head(track_mean) + torch.einsum('tm,mtd->td', weights, displacements)

    def _all(self, weights: Tensor | None, points: Tensor) -> Tensor:
        """Return points (P, C) under each track's start: (T, P, D), or (1, P, D) if all are θ."""
        embeds = self.head(points)[None]
        if weights is None:
            return embeds
        displacements = self.head.task_memory.displacements(points, with_bias=True)
        return embeds + torch.einsum('tm,mpd->tpd', weights, displacements)

    def _separate(
        self,
        weights: Tensor | None,
        track_mean: Tensor,
        gallery: Tensor,
        counts: Tensor,
        feats: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Take inner-loop steps: each track's gallery against the means of the others in view.

        Returns:
            Each track's mean (T, D) and the detections (T, N, D), under its adapted parameters.
        """
        tracks, size = gallery.shape[:2]
        own = torch.arange(tracks, device=gallery.device)
        valid = _valid(gallery, counts)
        points = torch.cat([track_mean, feats])
        embeds = self._all(weights, points).expand(tracks, -1, -1)
        support_embeds = self.head(gallery)
        if weights is not None:
            head = self.head
            support_embeds = head.task_memory.embed(track_mean, gallery, head.weight, head.bias)

        def loss(adapted: Tensor) -> Tensor:
            # Only the own gallery moves the parameters; the other tracks are fixed directions.
            logits = F.normalize(adapted, dim=-1) @ prototypes.mT * cosine_scale(tracks)
            targets = own[:, None].expand(-1, size)
            losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction='none')
            losses = losses.unflatten(0, (tracks, size)) * valid
            return losses.sum(1) / counts.clamp_min(1)

        prototypes = F.normalize(embeds[:, :tracks], dim=-1)
        memory_rate = float(self.head.task_memory.inner_lr)
        rate = memory_rate if self.inner_lr is None else self.inner_lr
        adapted = kernel_inner_loop(
            support_embeds,
            embeds,
            gallery @ gallery.mT + 1,
            points @ gallery.mT + 1,
            loss,
            rate,
            self.num_steps,
            first_order=True,
        ).query_embeds
        return adapted[own, own], adapted[:, tracks:]


def _cosines(own: Tensor, dets: Tensor) -> Tensor:
    """Return cosines (T, N) of tracks (T, D) and detections (1 or T, N, D)."""
    own, dets = F.normalize(own, dim=-1), F.normalize(dets, dim=-1)
    if len(dets) == 1:  # one set of parameters for all tracks
        return own @ dets[0].T
    return torch.einsum('td,tnd->tn', own, dets)


def _valid(gallery: Tensor, counts: Tensor) -> Tensor:
    """Return (T, K) bool: the entry of the gallery is there."""
    return torch.arange(gallery.shape[1], device=gallery.device) < counts[:, None]


def check_adapter_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return options of an :class:`OnlineAdapter`, checked before there is a head.

    Raises:
        TypeError: There is no option of that name.
        ValueError: A value is out of its range.
    """
    given = check_options('adapter_cfg', options, OnlineAdapter, ('head',))
    parameters = signature(OnlineAdapter).parameters
    names = signature(_check_values).parameters
    _check_values(**{name: given.get(name, parameters[name].default) for name in names})
    return given


def _check_values(
    *,
    solver: object,
    shrinkage: object,
    prior_weight: float | None,
    memory: object,
    num_steps: object,
    inner_lr: object,
    temperature: object,
    raw_share: object,
) -> None:
    """Check what is given; None takes the number that comes with the head."""
    if solver not in ('closed_form', 'gradient', None):
        raise ValueError(f"solver must be 'closed_form', 'gradient' or None, got {solver!r}")
    tiny = float(np.nextafter(0, 1))
    check_number('num_steps', num_steps, 'a whole number, at least 1', 1, whole=True)
    for name, value, wanted, least in (
        ('shrinkage', shrinkage, 'positive', tiny),
        ('prior_weight', prior_weight, 'at least 0', 0),
        ('temperature', temperature, 'positive', tiny),
        ('raw_share', raw_share, 'in 0..1', 0),
        ('inner_lr', inner_lr, 'positive, or None', tiny),
    ):
        if value is not None:
            check_number(name, value, wanted, least)
    _check_memory(memory, prior_weight or 0)


def _check_memory(memory: object, prior_weight: float) -> None:
    above = float(np.nextafter(prior_weight, np.inf))
    check_number('memory', memory, f'greater than prior_weight={prior_weight}', above)
