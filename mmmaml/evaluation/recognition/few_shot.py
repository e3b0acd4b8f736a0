"""Few-shot Re-ID: people found again, some time later, by a few images of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .absences import AbsenceProtocol, Question, Similarity, questions

# gallery (G, C), person of each of its rows (G,) from 0, points (P, C) -> (P, D)
Transform = Callable[[Tensor, Tensor, Tensor], Tensor]

FOUR_SHOTS = AbsenceProtocol(min_observations=4, gallery_size=4)
"""Four images of each person within two seconds; people with fewer are left out."""


@dataclass(frozen=True)
class RetrievalScores:
    """Ranks of the right people for Q queries.

    Attributes:
        average_precision: (Q,) of each query, 0..1.
        first_is_right: (Q,) bool: the most similar entry of the gallery is the person.
    """

    average_precision: np.ndarray
    first_is_right: np.ndarray

    def __len__(self) -> int:
        """Count the queries Q."""
        return len(self.average_precision)

    @property
    def mean_average_precision(self) -> float:
        """Return the mean average precision (mAP) over the queries, 0..1; NaN without queries."""
        return _mean(self.average_precision)

    @property
    def rank1(self) -> float:
        """Return the share of queries whose first entry is right, 0..1; NaN without queries."""
        return _mean(self.first_is_right)

    @classmethod
    def pooled(cls, scores: Iterable['RetrievalScores']) -> 'RetrievalScores':
        """Pool all queries, each worth the same."""
        every = [cls(np.zeros(0), np.zeros(0, dtype=bool)), *scores]
        return cls(
            np.concatenate([each.average_precision for each in every]),
            np.concatenate([each.first_is_right for each in every]),
        )


def score_retrieval(similarity: Tensor, relevant: Tensor) -> RetrievalScores:
    """Score the ranking of a gallery by similarity, as Market-1501 does.

    The average precision is the mean, over the entries that are the person, of the share of
    right ones among the entries up to there (Zheng et al., "Scalable Person Re-identification",
    ICCV 2015), without interpolation.

    Args:
        similarity: (G, Q) of gallery entries and queries.
        relevant: (G, Q) bool: the entry shows the person of the query; at least one of each.

    Raises:
        ValueError: A query has nobody to be found.
    """
    if not relevant.any(0).all():
        query = int((~relevant.any(0)).nonzero()[0, 0])
        raise ValueError(f'query {query} of {relevant.shape[1]} has no entry in the gallery')
    order = similarity.argsort(dim=0, descending=True, stable=True)
    right = relevant.gather(0, order).double()
    rank = torch.arange(1, len(right) + 1, device=right.device, dtype=right.dtype)[:, None]
    precision = right.cumsum(0) / rank
    average = (precision * right).sum(0) / right.sum(0)
    return RetrievalScores(average.cpu().numpy(), right[:1].bool().flatten().cpu().numpy())


def few_shot_reid(
    feats: Tensor,
    instance_id: np.ndarray,
    frame_id: np.ndarray,
    frame_rate: float,
    protocol: AbsenceProtocol = FOUR_SHOTS,
    transform: Transform | None = None,
    similarity: Similarity | None = None,
) -> dict[float, RetrievalScores]:
    """Measure few-shot Re-ID within one video.

    Every ``protocol.step_seconds`` the people of the last ``memory_seconds`` make a gallery of
    ``gallery_size`` images each, evenly spread; queries are their images exactly ``absences``
    seconds later. Gallery images are ranked by cosine.

    Args:
        feats: (R, C) features of all images of the video.
        instance_id: (R,) person of each.
        frame_id: (R,) frame of each, ascending for each person.
        frame_rate: Frames per second.
        protocol: See :class:`~.absences.AbsenceProtocol`; of people with fewer than
            ``gallery_size`` images, but ``min_observations``, all are in the gallery.
        transform: Embedding of gallery and queries before they are compared. It is given the
            gallery of the moment, which it may adapt to: ``lambda gallery, people, points:
            head(points)`` does not. None compares ``feats``.
        similarity: Compares people, not images, as a tracker does: each person is one entry of
            the gallery, and mAP the mean of 1 / rank.

    Returns:
        Seconds of absence to :class:`RetrievalScores`.

    Raises:
        ValueError: The inputs differ in length, or both ways of comparing are given.
    """
    if not len(feats) == len(instance_id) == len(frame_id):
        raise ValueError(
            f'{len(feats)} feats, {len(instance_id)} instance_id and {len(frame_id)} frame_id '
            'must belong to the same images'
        )
    if transform is not None and similarity is not None:
        raise ValueError('give transform (ranks images) or similarity (ranks people), not both')
    scores: dict[float, list[RetrievalScores]] = {each: [] for each in protocol.absences}
    for question in questions(instance_id, frame_id, frame_rate, protocol):
        gallery, people = _gallery(question, protocol.gallery_size)
        truth = torch.from_numpy(question.truth).to(feats.device)
        if similarity is not None:
            values = _by_person(question, gallery, people, feats, similarity)
            entries = torch.arange(len(values), device=feats.device)
        else:
            entries = torch.from_numpy(people).to(feats.device)
            values = _by_image(feats[gallery], entries, feats[question.asked], transform)
        relevant = entries[:, None] == truth
        scores[question.absence].append(score_retrieval(values, relevant))
    return {seconds: RetrievalScores.pooled(each) for seconds, each in scores.items()}


def _gallery(question: Question, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose images (G,) of the gallery, ordered by person, and the person (G,) of each."""
    spread = [
        items[np.linspace(0, len(items) - 1, min(size, len(items))).round().astype(int)]
        for items in question.known
    ]
    people = np.repeat(np.arange(len(spread)), [len(items) for items in spread])
    return np.concatenate(spread), people


def _by_image(
    gallery: Tensor, people: Tensor, queries: Tensor, transform: Transform | None
) -> Tensor:
    """Compute the cosine (G, Q) of gallery images and queries."""
    if transform is not None:
        points = transform(gallery, people, torch.cat([gallery, queries]))
        gallery, queries = points[: len(gallery)], points[len(gallery) :]
    return F.normalize(gallery, dim=1) @ F.normalize(queries, dim=1).T


def _by_person(
    question: Question,
    gallery: np.ndarray,
    people: np.ndarray,
    feats: Tensor,
    similarity: Similarity,
) -> Tensor:
    """Similarity (T, Q) of people and queries, the mean of a person being that of its gallery."""
    counts = np.bincount(people, minlength=len(question.known))
    place = np.arange(len(people)) - np.repeat(np.cumsum(counts) - counts, counts)
    table = feats.new_zeros(len(counts), int(counts.max()), feats.shape[1])
    table[torch.from_numpy(people), torch.from_numpy(place)] = feats[gallery]
    number = torch.from_numpy(counts).to(feats.device)
    mean = table.sum(1) / number[:, None]
    return similarity(mean, table, number, feats[question.asked])


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float('nan')
