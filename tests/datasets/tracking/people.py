"""Features of made-up people, for episodes."""

import numpy as np

from mmmaml.datasets.tracking.person_features import PersonFeatures

CHANNELS = 6


def person_features(people: int = 9, images: int = 5, views: int = 3) -> PersonFeatures:
    """Return people in two videos, most of them in the first; the last view of each is hidden.

    A feature tells its person, image and view: ``feats[..., :3]``; the rest is random.
    """
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(people), images)
    image = np.tile(np.arange(images), people)
    feats = rng.normal(size=(len(person), views, CHANNELS)).astype(np.float32)
    feats[..., 0], feats[..., 1] = person[:, None], image[:, None]
    feats[..., 2] = np.arange(views)
    trust = np.ones((len(person), views), dtype=np.float32)
    trust[:, -1] = 0.4
    video = np.where(person < people - 2, 0, 1)
    return PersonFeatures(feats, trust, person, video)
