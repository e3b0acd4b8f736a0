"""Appearance under each track's own parameters, written down plainly.

The last layer of every track is formed explicitly (Eq. 6-7) and the scatter within the people of
the scene is added up one observation at a time, from its definition.
"""

import math
from collections import Counter

import numpy as np
from scipy.stats import norm

CENTRE_WEIGHT = 3.0
REFIT_GROWTH = 0.02


class ReferenceAdapter:
    """``OnlineAdapter`` with the closed-form solver, or without one.

    Args:
        head: A ``MetaReIDHead``, from which only numbers are taken.
        blend_tasks: Start tracks from the task memory.
        solver: ``'closed_form'`` or None.
        shrinkage: Share of the mean variance added to every direction.
        prior_weight: Observations that the training scatter is worth.
        memory: Observations that are remembered.
        calibrate: Take cosines as likelihoods.
        temperature: Of these.

    Attributes:
        calibration: What makes likelihoods of cosines, or None.
        happened: How often each thing happened, for tests to see that it did.
    """

    def __init__(
        self,
        head,
        blend_tasks=False,
        solver='closed_form',
        shrinkage=0.1,
        prior_weight=100.0,
        memory=10000.0,
        calibrate=True,
        temperature=3.0,
    ):
        self.calibration = ReferenceCalibration(temperature, memory) if calibrate else None
        task_memory = head.task_memory
        self.weight, self.bias = head.weight.detach().numpy(), head.bias.detach().numpy()
        self.tasks = list(zip(task_memory.support.numpy(), task_memory.grads.numpy(), strict=True))
        self.rate = float(task_memory.inner_lr)
        self.known = bool(head.scatter.count)
        self.prior_mean = head.scatter.mean.numpy()
        self.blend_tasks = blend_tasks
        self.solver = solver
        self.shrinkage = shrinkage
        self.memory = memory
        self.freedom = prior_weight if self.known else 0.0
        self.total = self.freedom * head.scatter.scatter.numpy()
        self.fitted, self.unfitted = None, 0.0
        self.happened = Counter()
        self.layers = {}  # track: the mean they belong to, weight, bias
        self.centre = np.zeros(len(self.bias))
        self.metric = np.eye(len(self.bias))

    def observe(self, pairs):
        """Take the matched detections of a frame.

        Args:
            pairs: Mean of the track before, trust in it, feature of the detection, trust in it.
        """
        if self.solver is None:
            return
        for mean, known, feat, trust in pairs:
            before, new = self.weight @ mean + self.bias, self.weight @ feat + self.bias
            # What the two are apart from their common mean.
            after = (known * before + trust * new) / (known + trust)
            for embed, weight in ((before, known), (new, trust)):
                self.total = self.total + weight * np.outer(embed - after, embed - after)
            self.freedom += trust
            self.unfitted += trust
        if self.freedom > self.memory:
            self.happened['faded'] += 1
            self.total = self.total * self.memory / self.freedom
            self.freedom = self.memory

    def fit(self, tracks):
        if self.solver is None or not tracks:
            return
        if self.fitted is None or self.unfitted > REFIT_GROWTH * self.fitted:
            self.happened['solved'] += 1
            self.solve()
        people = [self.weight @ track.mean + self.bias for track in tracks]
        self.centre = np.zeros(len(self.bias))
        if self.known:
            both = sum(people) + CENTRE_WEIGHT * self.prior_mean
            self.centre = both / (len(people) + CENTRE_WEIGHT)
        elif len(people) >= 3:
            self.centre = sum(people) / len(people)

    def solve(self):
        channels = len(self.bias)
        scatter = self.total / max(self.freedom, 1)
        variance = np.trace(scatter) / channels
        if variance <= 0:
            self.metric = np.eye(channels)
        else:
            self.metric = np.linalg.inv(scatter + self.shrinkage * variance * np.eye(channels))
        self.fitted, self.unfitted = self.freedom, 0.0

    def similarity(self, track, feat):
        if self.layers.get(track, (None,))[0] is not track.mean:
            self.layers[track] = (track.mean, *self.parameters(track.mean))
        _, weight, bias = self.layers[track]
        own = weight @ track.mean + bias - self.centre
        found = weight @ feat + bias - self.centre
        lengths = math.sqrt(own @ self.metric @ own) * math.sqrt(found @ self.metric @ found)
        return own @ self.metric @ found / lengths

    def parameters(self, new):
        """θ_new of a task with the feature ``new``: Eq. 6, then Eq. 7."""
        gammas = []
        for support, _ in self.tasks:
            norms = math.sqrt(sum(x @ x for x in support))
            products = sum(new @ x for x in support)
            gammas.append(products / (math.sqrt(len(support)) * np.linalg.norm(new) * norms))
        total = sum(gammas)
        if not self.blend_tasks or total <= 0:
            return self.weight, self.bias
        weight, bias = np.zeros_like(self.weight), np.zeros_like(self.bias)
        for gamma, (support, grads) in zip(gammas, self.tasks, strict=True):
            weight += gamma / total * (self.weight - self.rate * grads.T @ support)
            bias += gamma / total * (self.bias - self.rate * grads.sum(0))
        return weight, bias


class ReferenceCalibration:
    """``SimilarityCalibration`` from every single cosine, each with its weight.

    Attributes:
        alike, unlike: Rows of weight and cosine. What is expected at first are two cosines to
            either side of the mean, which have the same moments.
    """

    def __init__(self, temperature, memory):
        self.temperature = temperature
        self.memory = memory
        self.alike = np.array([[10, 0.6], [10, 0.9]])
        self.unlike = np.array([[10, -0.25], [10, 0.25]])

    def observe(self, cosines, pairs):
        """Take the cosines of a frame by track and detection, and the pairs that were matched."""
        alike = [value for pair, value in cosines.items() if pair in pairs]
        unlike = [value for pair, value in cosines.items() if pair not in pairs]
        if alike:
            self.alike = self.with_rows(self.alike, [[1, value] for value in alike])
        if alike and unlike:
            share = len(alike) / len(unlike)
            self.unlike = self.with_rows(self.unlike, [[share, value] for value in unlike])

    def with_rows(self, rows, new):
        rows = np.vstack([rows, new])
        total = rows[:, 0].sum()
        return rows * [min(1, self.memory / total), 1]

    def likelihood(self, cosine):
        means, variances = [], []
        for weights, values in (self.alike.T, self.unlike.T):
            means.append(np.average(values, weights=weights))
            variances.append(np.average((values - means[-1]) ** 2, weights=weights))
        deviation = math.sqrt(sum(variances) / 2)
        ratio = norm.logpdf(cosine, means[0], deviation) - norm.logpdf(cosine, means[1], deviation)
        return 1 / (1 + math.exp(-ratio / self.temperature))
