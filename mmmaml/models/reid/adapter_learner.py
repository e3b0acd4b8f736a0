"""A model whose parameters are those of the online adaptation."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.model import BaseModel
from torch import Tensor

from mmmaml.meta import AdapterParameters, assignment_errors, assignment_loss
from mmmaml.registry import MODELS

from .meta_reid_head import MetaReIDHead
from .scatter_prior import load_prior, save_prior


@MODELS.register_module()
class AdapterLearner(BaseModel):
    """Parameters of the closed form online, learned over frozen features by tracking episodes.

    That is the meta-objective (Eq. 4) with what tracking starts from as θ: in each episode the
    running sums and the closed form adapt to the histories of the people of a scene, and the loss
    is who is who in a later frame, nobody included. A trained one is saved as a prior file
    (:class:`~mmmaml.engine.PriorFileHook`), from which trackers start.

    Args:
        prior: File of the scatter prior to start from, as ``tools/fit_prior.py`` makes it.
        learn: Parts that are learned: ``'numbers'`` (shrinkage, prior weight, share of the raw
            cosine, temperature and moments of the calibration), ``'scatter'`` (the prior
            scatter, D (D + 1) / 2 numbers) and ``'layer'`` (the last layer, D² numbers). The
            large ones fit the training people more closely than others.

    Raises:
        FileNotFoundError: The prior does not exist.
        ValueError: It is none or a learned one, or ``learn`` names another part.
    """

    def __init__(self, prior: str | os.PathLike, learn: Sequence[str] = ('numbers',)) -> None:
        super().__init__()
        if not Path(prior).is_file():
            raise FileNotFoundError(
                f'prior {prior} does not exist; tools/fit_prior.py makes one: set model.prior'
            )
        head = _head_of(prior)
        self.parameters_online = AdapterParameters(head.scatter, learn)

    def forward(
        self,
        history: Tensor,
        trust: Tensor,
        queries: Tensor,
        targets: Tensor,
        in_view: Tensor,
        mode: str = 'loss',
    ) -> dict[str, Tensor] | Tensor:
        """Compute the losses of episodes.

        Args:
            history: (B, T, K, C) observations, the people in view first.
            trust: (B, T, K) trust in them, 0 where there is none.
            queries: (B, Q, C) detections of a later frame.
            targets: (B, Q) who they are, see :func:`~mmmaml.meta.assignment_loss`.
            in_view: (B,) V, the same of all.
            mode: ``'loss'``, or ``'tensor'`` for the logits (B, V, Q) alone.

        Returns:
            ``loss_assignment``; beside it, not part of the sum, ``query_errors`` and
            ``choice_errors``, shares of wrong answers without and with nobody as an answer.
        """
        scores = self.parameters_online(history, trust, queries, int(in_view[0]))
        if mode == 'tensor':
            return scores.logits
        person, choice = assignment_errors(scores.logits, targets)
        return {
            'loss_assignment': assignment_loss(scores.logits, targets),
            'query_errors': person,
            'choice_errors': choice,
        }

    def save(self, path: str | os.PathLike) -> None:
        """Write what was learned as a prior file."""
        learned = self.parameters_online
        layer = learned.layer if learned.layer.requires_grad else None
        save_prior(path, learned.statistics(), layer)


def _head_of(prior: str | os.PathLike) -> MetaReIDHead:
    with np.load(prior) as file:
        if 'layer' in file:
            raise ValueError(
                f'prior {prior} holds a learned layer: start from one that tools/fit_prior.py made'
            )
        channels = len(file['mean']) if 'mean' in file else 1
    head = MetaReIDHead(channels, channels).requires_grad_(False)
    load_prior(prior, head)
    return head
