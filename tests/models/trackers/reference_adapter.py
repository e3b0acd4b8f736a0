"""Appearance under each track's own parameters, written down plainly.

The last layer of every track is formed explicitly (Eq. 6-7) and the scatter within the people in
view is added up one observation at a time.
"""

import math

import numpy as np

CENTRE_WEIGHT = 3.0


class ReferenceAdapter:
    """``OnlineAdapter`` with the closed-form solver, or without one.

    Args:
        head: A ``MetaReIDHead``, from which only numbers are taken.
        blend_tasks: Start tracks from the task memory.
        solver: ``'closed_form'`` or None.
        shrinkage: Share of the mean variance added to every direction.
        prior_weight: Observations that the training scatter is worth.
    """

    def __init__(
        self, head, blend_tasks=True, solver='closed_form', shrinkage=0.3, prior_weight=100.0
    ):
        memory = head.task_memory
        self.weight, self.bias = head.weight.detach().numpy(), head.bias.detach().numpy()
        self.tasks = list(zip(memory.support.numpy(), memory.grads.numpy(), strict=True))
        self.rate = float(memory.inner_lr)
        self.known = bool(head.scatter.count)
        self.prior, self.prior_mean = head.scatter.scatter.numpy(), head.scatter.mean.numpy()
        self.blend_tasks = blend_tasks
        self.solver = solver
        self.shrinkage = shrinkage
        self.prior_weight = prior_weight
        self.layers = {}  # track: the mean they belong to, weight, bias
        self.centre = np.zeros(len(self.bias))
        self.metric = np.eye(len(self.bias))

    def fit(self, tracks):
        if self.solver is None or not tracks:
            return
        channels = len(self.bias)
        total, freedom = np.zeros((channels, channels)), 0.0
        if self.known:
            total, freedom = self.prior_weight * self.prior, self.prior_weight
        people = []
        for track in tracks:
            embeds = [self.weight @ feat + self.bias for feat in track.gallery]
            own = sum(embeds) / len(embeds)
            for embed in embeds:
                total = total + np.outer(embed - own, embed - own)
            freedom += len(embeds) - 1
            people.append(self.weight @ track.mean + self.bias)
        scatter = total / max(freedom, 1)
        variance = np.trace(scatter) / channels
        if variance <= 0:
            scatter, variance = np.eye(channels), 1.0
        self.metric = np.linalg.inv(scatter + self.shrinkage * variance * np.eye(channels))
        self.centre = np.zeros(channels)
        if self.known:
            both = sum(people) + CENTRE_WEIGHT * self.prior_mean
            self.centre = both / (len(people) + CENTRE_WEIGHT)
        elif len(people) >= 3:
            self.centre = sum(people) / len(people)

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
