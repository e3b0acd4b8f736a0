"""Options of the tracker that are searched, their ranges, and the values they start from."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

from mmmaml.meta import AdapterNumbers
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.models.trackers.association import appearance_stage, reentry_stage
from mmmaml.models.trackers.association.overlap_stages import OverlapDefault
from mmmaml.models.trackers.association.stages import STAGES, default_stages

Values = dict[str, float]
"""Value of each searched option by its name, ``stages.overlap.iou_thr``."""

RANGES: dict[str, tuple[float, float]] = {
    'score_thr': (0.4, 0.8),
    'low_score_thr': (0.1, 0.5),
    'init_score_thr': (0.5, 0.9),
    'max_init_iou': (0.2, 0.8),
    'num_tentatives': (1, 4),
    'recent_seconds': (0.5, 4.0),
    'lost_seconds': (3.0, 30.0),
    'momentum': (0.8, 0.99),
    'max_occlusion': (0.2, 0.8),
    'stages.appearance.sim_thr': (0.2, 0.6),
    'stages.appearance.motion_weight': (0.02, 0.12),
    'stages.appearance.lost_penalty': (0.0, 0.6),
    'stages.appearance.veto_sim_thr': (-0.2, 0.3),
    'stages.overlap.iou_thr': (0.1, 0.5),
    'stages.low_scores.iou_thr': (0.3, 0.7),
    'stages.tentative.iou_thr': (0.1, 0.5),
    'stages.reentry.sim_thr': (0.2, 0.7),
    'stages.reentry.speed': (0.5, 4.0),
    'stages.reentry.anywhere_seconds': (1.0, 10.0),
    'adapter_cfg.shrinkage': (0.03, 0.5),
    'adapter_cfg.temperature': (1.0, 6.0),
}
"""Options that can be searched, and their ranges unless the user gives others."""

DEFAULT_OPTIONS = (
    'score_thr',
    'init_score_thr',
    'max_init_iou',
    'recent_seconds',
    'stages.appearance.sim_thr',
    'stages.appearance.motion_weight',
    'stages.appearance.lost_penalty',
    'stages.overlap.iou_thr',
    'stages.reentry.sim_thr',
)
"""Options that are searched unless the user names others: few, as few sequences decide."""

WHOLE = frozenset({'num_tentatives'})
OF_FEATURES = ('stages.appearance.', 'stages.reentry.', 'momentum', 'max_occlusion')
OF_ADAPTATION = ('adapter_cfg.',)
_SIMILARITIES = {
    'stages.appearance.sim_thr': appearance_stage.SIM_THR,
    'stages.appearance.veto_sim_thr': appearance_stage.VETO_SIM_THR,
    'stages.reentry.sim_thr': reentry_stage.SIM_THR,
}


@dataclass(frozen=True)
class SearchSpace:
    """Searched options and the tracker that they belong to.

    Attributes:
        tracker: Options of the tracker to start from, arguments of ``OnlineMetaTracker``.
        ranges: Least and largest value of each searched option; they hold the start.
        start: Value of each searched option in ``tracker``.
    """

    tracker: Mapping[str, Any]
    ranges: Mapping[str, tuple[float, float]]
    start: Values

    def value(self, name: str) -> Any:
        """Return the value of an option of the tracker itself, not of a group, at the start."""
        return _plain_default(self.tracker, name)

    def options(self, values: Values) -> dict[str, Any]:
        """Return all options of the tracker under some values.

        The order ``low_score_thr <= score_thr <= init_score_thr`` is kept: ``score_thr`` moves
        the others, if they would contradict it.
        """
        options = copy.deepcopy(dict(self.tracker))
        for name, value in self.changes(values).items():
            *path, last = name.split('.')
            place = options
            for number, key in enumerate(path):
                if place.get(key) is None and number == 0:
                    place[key] = _filled_stages() if key == 'stages' else {}
                place = place[key]
            place[last] = value
        return options

    def changes(self, values: Values) -> Values:
        """Return the options that differ from the start under some values."""
        changed = {name: value for name, value in values.items() if value != self.start[name]}
        if 'score_thr' in changed:
            score = changed['score_thr']
            low, init = (
                changed.get(name, self.value(name)) for name in ('low_score_thr', 'init_score_thr')
            )
            if low > score:
                changed['low_score_thr'] = score
            if init < score:
                changed['init_score_thr'] = score
        else:
            score = self.value('score_thr')
            if 'low_score_thr' in changed:
                changed['low_score_thr'] = min(changed['low_score_thr'], score)
            if 'init_score_thr' in changed:
                changed['init_score_thr'] = max(changed['init_score_thr'], score)
        return changed


def build_space(
    tracker: Mapping[str, Any],
    named: Iterable[str] | None = None,
    with_feats: bool = True,
) -> SearchSpace:
    """Make the search space of a tracker.

    Args:
        tracker: Options of the tracker to start from, arguments of ``OnlineMetaTracker``.
        named: Options to search, each ``NAME`` or ``NAME=LOW:HIGH``; None searches
            :data:`DEFAULT_OPTIONS`, as far as the tracker has a use for them.
        with_feats: The sequences have features; without, options of appearance are of no use.

    Raises:
        ValueError: There is no such option, the tracker has no use for it, or a range is none.
    """
    useless = {name: _why_useless(name, tracker, with_feats) for name in RANGES}
    if named is None:
        wanted = {name: RANGES[name] for name in DEFAULT_OPTIONS if useless[name] is None}
    else:
        wanted = dict(_parse(text) for text in named)
        for name in wanted:
            if useless[name] is not None:
                raise ValueError(f'option {name} has no effect: {useless[name]}')
    if not wanted:
        raise ValueError('there is no option to search: name some by --options')
    adapted = with_feats and bool(tracker.get('adapt', True))
    start = {name: _default(name, tracker, with_feats, adapted) for name in wanted}
    ranges = {
        name: (min(low, start[name]), max(high, start[name]))
        for name, (low, high) in wanted.items()
    }
    return SearchSpace(tracker, ranges, start)


def _parse(text: str) -> tuple[str, tuple[float, float]]:
    name, equals, limits = text.partition('=')
    if name not in RANGES:
        raise ValueError(
            f'there is no option {name!r} to search; there are {", ".join(sorted(RANGES))}'
        )
    if not equals:
        return name, RANGES[name]
    low, _, high = limits.partition(':')
    kind = int if name in WHOLE else float
    try:
        found = kind(low), kind(high)
    except ValueError:
        found = None
    if found is None or not found[0] < found[1] < float('inf'):
        words = 'whole numbers' if kind is int else 'numbers'
        raise ValueError(f'{text!r} is no range: write {name}=LOW:HIGH, two {words}, LOW < HIGH')
    return name, found


def _why_useless(name: str, tracker: Mapping[str, Any], with_feats: bool) -> str | None:
    if not with_feats and name.startswith((*OF_FEATURES, *OF_ADAPTATION)):
        return 'there are no features; give --reid or --features'
    if not tracker.get('adapt', True) and name.startswith(OF_ADAPTATION):
        return 'the tracker of the config does not adapt'
    kind, _, rest = name.partition('.')
    if kind == 'stages' and not _has_stage(tracker, rest.partition('.')[0]):
        return f'the tracker of the config has no stage {rest.partition(".")[0]}'
    return None


def _has_stage(tracker: Mapping[str, Any], stage: str) -> bool:
    stages = tracker.get('stages')
    return stages is None or stages.get(stage) is not None


def _filled_stages() -> dict[str, dict]:
    """Return the default stages by name: a dict of stages runs those alone that it names."""
    return {stage.name: {} for stage in default_stages()}


def _plain_default(tracker: Mapping[str, Any], name: str) -> Any:
    return tracker.get(name, signature(OnlineMetaTracker).parameters[name].default)


def _default(name: str, tracker: Mapping[str, Any], with_feats: bool, adapted: bool) -> float:
    """Return the value of an option in the tracker, resolved if it depends on the features."""
    if name.startswith('adapter_cfg.'):
        key = name.partition('.')[2]
        given = (tracker.get('adapter_cfg') or {}).get(key)
        return getattr(AdapterNumbers(), key) if given is None else given
    if not name.startswith('stages.'):
        return _plain_default(tracker, name)
    _, stage, key = name.split('.')
    given = ((tracker.get('stages') or {}).get(stage) or {}).get(key)
    value = getattr(STAGES[stage], key) if given is None else given
    if value is not None:
        return value
    if name in _SIMILARITIES:
        each = _SIMILARITIES[name]
        return each.adapted if adapted else each.plain
    overlap: OverlapDefault = STAGES[stage].default  # type: ignore[attr-defined]
    return overlap.appearance if with_feats else overlap.motion
