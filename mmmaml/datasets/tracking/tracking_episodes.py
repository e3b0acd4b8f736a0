"""Episodes that imitate tracking, over features of people."""

import os
from dataclasses import dataclass

import numpy as np
import torch
from mmengine.logging import print_log
from torch import Tensor
from torch.utils.data import Dataset

from mmmaml.meta import ABSENT, NOBODY
from mmmaml.registry import DATASETS

from .person_features import PersonFeatures


@dataclass(frozen=True, eq=False)
class _Video:
    """People of one video.

    Attributes:
        rows: P arrays of rows of the features, each in the order of time.
        near: (P, P) people by the likeness of their mean, the most similar first, without oneself.
    """

    rows: list[np.ndarray]
    near: np.ndarray


@DATASETS.register_module()
class TrackingEpisodes(Dataset):
    """Dataset of scenes with histories of people, and a later frame with some of them.

    One item is one episode in one video. Everybody in view was seen 2 to ``max_observations``
    times in early images, not much hidden. The later frame shows most of them in later images, in
    any view, and some newcomers. Others who were seen before tell the adaptation how one person
    varies. An item is a function of (seed, index) alone; the epoch is
    in the index, as of ``EpisodicDataset`` (with ``EpisodeSampler``).

    Args:
        features: File of :class:`~.person_features.PersonFeatures`, from
            ``tools/fit_prior.py --features``.
        in_view: V, people in view.
        newcomers: N, people of the later frame who were not in view.
        past: P, people at most who were seen before; each episode has 0 to P of them, as a
            video has few at first.
        max_observations: K, observations of a person at most.
        hard_share: Share of episodes whose people look alike: nearest neighbours in the video.
        asked_share: Share of the people in view who are in the later frame.
        min_trust: Least visible share of an observation in a history, as the tracker learns
            nothing from people hidden more.
        episodes: Episodes an epoch.
        seed: Seed of all episodes.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: It is another file, no video has enough people, or an argument is out of
            range.
    """

    def __init__(
        self,
        features: str | os.PathLike,
        in_view: int = 12,
        newcomers: int = 3,
        past: int = 20,
        max_observations: int = 6,
        hard_share: float = 0.5,
        asked_share: float = 0.8,
        min_trust: float = 0.7,
        episodes: int = 400,
        seed: int = 0,
    ) -> None:
        if min(in_view, max_observations) < 2 or min(newcomers, past, seed) < 0 or episodes < 1:
            raise ValueError(
                f'in_view={in_view} and max_observations={max_observations} must be at least 2, '
                f'newcomers={newcomers}, past={past} and seed={seed} at least 0, '
                f'episodes={episodes} at least 1'
            )
        for name, share in (('hard', hard_share), ('asked', asked_share)):
            if not 0 <= share <= 1:
                raise ValueError(f'{name}_share={share} must be in 0..1')
        self.people = PersonFeatures.load(features)
        self.in_view, self.newcomers, self.past = in_view, newcomers, past
        self.max_observations = max_observations
        self.hard_share, self.asked_share = hard_share, asked_share
        self.episodes, self.seed = episodes, seed
        self._feats = torch.from_numpy(self.people.feats)
        # The image itself is undisturbed, so that every history has views to choose from.
        self._steady = self.people.trust >= min_trust
        self._steady[:, 0] = True
        self._videos = self._find_videos(in_view + newcomers)
        self._shares = np.array([len(each.rows) for each in self._videos], dtype=float)
        self._shares /= self._shares.sum()

    def __len__(self) -> int:
        """Return the number of episodes an epoch."""
        return self.episodes

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Draw an episode.

        Returns:
            ``history`` (V + P, K, C), ``trust`` (V + P, K) with 0 where there is no observation,
            ``queries`` (V + N, C), ``targets`` (V + N,): the person in view, ``NOBODY`` of a
            newcomer or ``ABSENT``; ``in_view`` V.
        """
        if index < 0:
            raise IndexError(f'episode {index}: indices count from 0')
        rng = np.random.default_rng((self.seed, index))
        video = self._videos[rng.choice(len(self._videos), p=self._shares)]
        known, new, past = self._cast(video, rng)
        channels, size = self._feats.shape[2], self.max_observations
        history = self._feats.new_zeros(self.in_view + self.past, size, channels)
        trust = history.new_zeros(history.shape[:2])
        queries = history.new_zeros(self.in_view + self.newcomers, channels)
        targets = torch.full((len(queries),), ABSENT)
        for place, who in enumerate(known):
            rows = video.rows[who]
            early, later = self._split(rows, rng)
            self._observe(history[place], trust[place], early, rng)
            if rng.random() < self.asked_share:
                queries[place], targets[place] = self._seen(later, rng), place
        for place, who in enumerate(new, self.in_view):
            queries[place], targets[place] = self._seen(video.rows[who], rng), NOBODY
        for place, who in enumerate(past, self.in_view):
            self._observe(history[place], trust[place], video.rows[who], rng)
        return {
            'history': history,
            'trust': trust,
            'queries': queries,
            'targets': targets,
            'in_view': torch.tensor(self.in_view),
        }

    def _cast(
        self, video: _Video, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Choose people in view, newcomers and people of before."""
        number = self.in_view + self.newcomers
        first = rng.integers(len(video.rows))
        others = video.near[first]
        if rng.random() < self.hard_share:
            others = others[: 2 * number]
        people = np.append(first, rng.permutation(others)[: number - 1])
        people = rng.permutation(people)
        rest = rng.permutation(np.setdiff1d(np.arange(len(video.rows)), people))
        known, new = people[: self.in_view], people[self.in_view :]
        return known, new, rest[: rng.integers(self.past + 1)]

    def _split(self, rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Part the images of a person in early ones and one or two later ones."""
        cut = max(len(rows) - int(rng.integers(1, 3)), 1)
        return rows[:cut], rows[cut:]

    def _observe(
        self, history: Tensor, trust: Tensor, rows: np.ndarray, rng: np.random.Generator
    ) -> None:
        """Fill the history (K, C) of a person, in the order of time."""
        number = int(rng.integers(2, self.max_observations + 1))
        for place, at in enumerate(np.linspace(0, len(rows) - 1, number).round().astype(int)):
            row = rows[at]
            view = rng.choice(np.flatnonzero(self._steady[row]))
            history[place] = self._feats[row, view]
            trust[place] = float(self.people.trust[row, view])

    def _seen(self, rows: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Return one of the images, in any view."""
        return self._feats[rng.choice(rows), rng.integers(self._feats.shape[1])]

    def _find_videos(self, least: int) -> list[_Video]:
        person, video = self.people.person, self.people.video
        found, small = [], 0
        for one in np.unique(video):
            inside = np.flatnonzero(video == one)
            who, counts = np.unique(person[inside], return_counts=True)
            rows = [inside[person[inside] == each] for each in who[counts >= 2]]
            if len(rows) < least:
                small += 1
            else:
                found.append(_Video(rows, self._neighbours(rows)))
        if not found:
            raise ValueError(
                f'no video has {least} people (in_view + newcomers) with two images: lower '
                f'in_view={self.in_view} or newcomers={self.newcomers}'
            )
        number = sum(len(each.rows) for each in found)
        print_log(
            f'episodes of {number} people in {len(found)} videos, {self._feats.shape[1]} views of '
            f'each image; left out: {small} videos with fewer than {least} people',
            logger='current',
        )
        return found

    def _neighbours(self, rows: list[np.ndarray]) -> np.ndarray:
        means = np.stack([self.people.feats[each, 0].mean(0) for each in rows])
        means -= means.mean(0)
        means /= np.linalg.norm(means, axis=1, keepdims=True).clip(np.finfo(means.dtype).tiny)
        order = np.argsort(-(means @ means.T), axis=1, kind='stable')
        themselves = np.arange(len(rows))[:, None]
        return order[order != themselves].reshape(len(rows), -1)
