"""Recognition after an absence: identity decisions without a tracker in between."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

# track_mean (T, C), gallery (T, K, C), gallery_count (T,), feats (N, C) -> similarity (T, N)
Similarity = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class AbsenceProtocol:
    """Rules by which people are remembered and asked for.

    Attributes:
        memory_seconds: Observations this old still belong to what is known of a person.
        absences: Seconds after which people are asked for.
        min_observations: People observed less often are left out.
        max_observations: Only so many of the last observations of a person count; None counts
            all. 1 remembers the last image alone.
        gallery_size: Observations kept of each person, evenly spread.
        step_seconds: Time between two moments at which people are asked for.
    """

    memory_seconds: float = 2.0
    absences: tuple[float, ...] = (1.0, 3.0, 5.0)
    min_observations: int = 3
    max_observations: int | None = None
    gallery_size: int = 10
    step_seconds: float = 0.3


@dataclass(frozen=True)
class Question:
    """Observations of one moment that are to be told apart.

    Attributes:
        absence: Seconds since the people were last seen.
        frame: The frame in which they were seen last.
        known: T arrays of items, the observations of each person, in the order of the video.
        asked: (N,) items whose people are asked for.
        truth: (N,) the person of each, an index into ``known``.
    """

    absence: float
    frame: int
    known: list[np.ndarray]
    asked: np.ndarray
    truth: np.ndarray


def questions(
    instance_id: np.ndarray, frame_id: np.ndarray, frame_rate: float, protocol: AbsenceProtocol
) -> Iterator[Question]:
    """Yield all questions of one video.

    Args:
        instance_id: (R,) person of each item.
        frame_id: (R,) frame of each item, ascending.
        frame_rate: Frames per second.
        protocol: See :class:`AbsenceProtocol`.
    """
    last = -(protocol.max_observations or 0)
    memory = round(protocol.memory_seconds * frame_rate)
    step = max(round(protocol.step_seconds * frame_rate), 1)
    for now in range(memory, int(frame_id.max(initial=0)) + 1, step):
        past = np.flatnonzero((frame_id > now - memory) & (frame_id <= now))
        people, counts = np.unique(instance_id[past], return_counts=True)
        people = people[counts >= protocol.min_observations]
        if len(people) < 2:
            continue
        known = [past[instance_id[past] == person][last:] for person in people]
        for absence in protocol.absences:
            later = np.flatnonzero(frame_id == now + round(absence * frame_rate))
            asked = later[np.isin(instance_id[later], people)]
            if len(asked):
                truth = np.searchsorted(people, instance_id[asked])
                yield Question(absence, now, known, asked, truth)


def answer(question: Question, feats: Tensor, similarity: Similarity, size: int) -> np.ndarray:
    """Answer a question.

    Args:
        question: The question.
        feats: (R, C) features of all items.
        similarity: Compares people and observations.
        size: K, observations in the gallery of each person.

    Returns:
        (N,) bool: the answer is right.
    """
    mean = torch.stack([feats[items].mean(0) for items in question.known])
    gallery = feats.new_zeros(len(question.known), size, feats.shape[1])
    counts = torch.zeros(len(question.known), dtype=torch.long)
    for person, items in enumerate(question.known):
        spread = np.linspace(0, len(items) - 1, min(size, len(items))).round().astype(int)
        gallery[person, : len(spread)] = feats[items[spread]]
        counts[person] = len(spread)
    best = similarity(mean, gallery, counts, feats[question.asked]).argmax(0)
    return best.cpu().numpy() == question.truth


def recognise(
    feats: Tensor,
    instance_id: np.ndarray,
    frame_id: np.ndarray,
    frame_rate: float,
    similarity: Similarity,
    protocol: AbsenceProtocol | None = None,
    observe: Callable[[np.ndarray], None] | None = None,
) -> dict[float, np.ndarray]:
    """Answer all questions of one video, in its order.

    Args:
        feats: (R, C) features of all items.
        instance_id: (R,) person of each.
        frame_id: (R,) frame of each, ascending.
        frame_rate: Frames per second.
        similarity: Compares people and observations.
        protocol: See :class:`AbsenceProtocol`; None for its defaults.
        observe: Is told all items (P,) up to the moment of a question before ``similarity`` is
            asked, each of them once: what adapts to a video learns from them.

    Returns:
        Seconds of absence to which answers are right (N,) bool.
    """
    protocol = protocol or AbsenceProtocol()
    right: dict[float, list[np.ndarray]] = {each: [] for each in protocol.absences}
    told = 0
    for question in questions(instance_id, frame_id, frame_rate, protocol):
        seen = int(np.searchsorted(frame_id, question.frame, side='right'))
        if observe is not None and seen > told:
            observe(np.arange(told, seen))
            told = seen
        right[question.absence].append(answer(question, feats, similarity, protocol.gallery_size))
    none = np.zeros(0, dtype=bool)
    return {absence: np.concatenate([none, *parts]) for absence, parts in right.items()}
