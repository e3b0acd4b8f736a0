"""Search by optuna, kept in a file so that it goes on after a stop."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .folds import Candidate, Fold, worth
from .objectives import objective_of
from .search_space import WHOLE, Values
from .trial import Scorer, Scores

if TYPE_CHECKING:
    import optuna

STARTS = 15
"""Trials near the start, before the search learns from them."""

CHANGED = 3
"""Options that such a trial changes at most; well-chosen defaults bear no more at once."""

DIGITS = 3
"""Decimals of the values that are tried."""


class Search:
    """Studies of the folds, in one SQLite file.

    Trials depend on the seed and the trials before them alone, so that a search that was stopped
    goes on as if it had not been.

    Args:
        path: The file.
        scorer: Scores of sequences.
        objective: A key of :data:`~.objectives.OBJECTIVES`.
        seed: Seed of the sampler.

    Raises:
        ImportError: optuna is not installed.
        ValueError: The file is of other data or options, or no study.
    """

    def __init__(self, path: Path, scorer: Scorer, objective: str, seed: int = 0) -> None:
        import optuna

        optuna.logging.set_verbosity(logging.WARNING)
        self.path, self.scorer, self.objective = path, scorer, objective
        self.seed = seed
        self._inputs = fingerprint(scorer, objective, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._storage = optuna.storages.RDBStorage(f'sqlite:///{path}')
        except Exception as error:  # SQLAlchemy's errors of a file of another kind
            raise ValueError(f'{path} is no study of optuna: name another --work-dir') from error
        space = scorer.space
        self._distributions: dict[str, optuna.distributions.BaseDistribution] = {
            name: optuna.distributions.IntDistribution(int(low), int(high))
            if name in WHOLE
            else optuna.distributions.FloatDistribution(low, high)
            for name, (low, high) in space.ranges.items()
        }

    def run(
        self, fold: Fold, trials: int, advance: Callable[[], None] = lambda: None
    ) -> Candidate:
        """Search on a fold until it has so many trials beside the start.

        Args:
            fold: The fold.
            trials: Number of trials, those before a stop included.
            advance: Called after each trial, and for each that was there.
        """
        import optuna

        study = self._study(fold)
        for number in range(trials + 1):
            done = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
            if number < len(done):
                self.scorer.remember(self._values(done[number]), done[number].user_attrs['scores'])
                advance()
                continue
            self._next(study, fold, number)
            advance()
        done = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
        best = max(done[: trials + 1], key=_worth_of)  # the first of equals
        key = f'best of {trials}'
        if key not in study.user_attrs:
            study.set_user_attr(key, self._without_idle(self._values(best), fold))
        values = study.user_attrs[key]
        return Candidate(fold, values, self._gains(values, self.scorer.names))

    def _without_idle(self, values: Values, fold: Fold) -> Values:
        """Set back options, one by one, as long as the worth does not fall.

        An option that does nothing for the searched sequences would do something for others.
        """
        start = self.scorer.space.start
        restored = True
        while restored:
            restored = False
            for name in [each for each in values if values[each] != start[each]]:
                fewer = {**values, name: start[name]}
                if self._worth(fewer, fold) >= self._worth(values, fold):
                    values, restored = fewer, True
        return values

    def _study(self, fold: Fold) -> 'optuna.Study':
        import optuna

        name = f'without {", ".join(fold.held_out)}'
        study = optuna.create_study(
            study_name=name, storage=self._storage, direction='maximize', load_if_exists=True
        )
        known = study.user_attrs.get('inputs')
        if known is None:
            study.set_user_attr('inputs', self._inputs)
        elif known != self._inputs:
            raise ValueError(
                f'{self.path} is a search on other data, or with other options: give another '
                '--work-dir, or remove it to begin anew'
            )
        return study

    def _next(self, study: 'optuna.Study', fold: Fold, number: int) -> None:
        import optuna

        if number < STARTS:
            values = self._near_start(number)
            trial = optuna.create_trial(
                params=values,
                distributions=self._distributions,
                value=self._worth(values, fold),
                user_attrs={'scores': self._scores(values, fold)},
            )
            study.add_trial(trial)
            return
        study.sampler = optuna.samplers.TPESampler(
            seed=self.seed + number, n_startup_trials=1, constant_liar=False
        )
        asked = study.ask(self._distributions)
        values = self._values(asked)
        asked.set_user_attr('scores', self._scores(values, fold))
        study.tell(asked, self._worth(values, fold))

    def _near_start(self, number: int) -> Values:
        """Return the start for trial 0, else the start with a few options drawn anew."""
        space = self.scorer.space
        values = dict(space.start)
        if number == 0:
            return values
        rng = np.random.default_rng((self.seed, number))
        names = list(space.ranges)
        for index in rng.permutation(len(names))[: rng.integers(1, CHANGED + 1)]:
            values[names[index]] = _drawn(rng, names[index], *space.ranges[names[index]])
        return values

    def _scores(self, values: Values, fold: Fold) -> dict[str, Scores]:
        return {name: self.scorer.score(name, values) for name in fold.searched}

    def _worth(self, values: Values, fold: Fold) -> float:
        return worth(self._gains(values, fold.searched))

    def _gains(self, values: Values, names: Sequence[str]) -> dict[str, float]:
        start = self.scorer.space.start
        return {
            name: objective_of(self.objective, self.scorer.score(name, values))
            - objective_of(self.objective, self.scorer.score(name, start))
            for name in names
        }

    def _values(self, trial: 'optuna.Trial | optuna.trial.FrozenTrial') -> Values:
        """Return the values of a trial, with the digits that a config is given."""
        start = self.scorer.space.start
        found = {name: trial.params[name] for name in self._distributions}
        return {
            name: value if value == start[name] else round(value, DIGITS)
            for name, value in found.items()
        }


def _worth_of(trial: 'optuna.trial.FrozenTrial') -> float:
    assert trial.value is not None  # of a completed one
    return trial.value


def _drawn(rng: np.random.Generator, name: str, low: float, high: float) -> float:
    if name in WHOLE:
        return int(rng.integers(int(low), int(high) + 1))
    return round(float(rng.uniform(low, high)), DIGITS)


def fingerprint(scorer: Scorer, objective: str, seed: int) -> str:
    """Return a word that stands for all that the trials depend on."""
    space = scorer.space
    words = [dict(space.ranges), space.start, dict(space.tracker), objective, seed]
    text = json.dumps([*words, scorer.benchmark], sort_keys=True, default=str)
    whole = hashlib.sha1(text.encode())
    for array in scorer.arrays():
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()[:16]
