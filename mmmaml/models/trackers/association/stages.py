"""The stages there are, and those of a tracker made from its config."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from mmmaml.utils.option_checks import OptionError

from .appearance_stage import AppearanceStage
from .fusion_stages import FusionStage, TentativeFusionStage
from .graph_stage import GraphStage
from .overlap_stages import LowScoresStage, OverlapStage, TentativeStage
from .reentry_stage import ReentryStage
from .stage import Stage

STAGES: dict[str, type[Stage]] = {
    each.name: each
    for each in (
        AppearanceStage,
        FusionStage,
        GraphStage,
        OverlapStage,
        LowScoresStage,
        TentativeStage,
        TentativeFusionStage,
        ReentryStage,
    )
}
"""All stages by their names in a config, in the order in which they run unless told otherwise."""

ORDER = 'order'
"""The key of a config of stages that holds their order."""

StagesConfig = Mapping[str, Any]


def default_stages() -> tuple[Stage, ...]:
    """Return the stages of a tracker whose config names none."""
    return AppearanceStage(), OverlapStage(), LowScoresStage(), TentativeStage(), ReentryStage()


def build_stages(config: StagesConfig | None) -> tuple[Stage, ...]:
    """Make stages from a config.

    The order of the keys means nothing: mmengine sorts them by name wherever it writes a config
    down, in the folder of a run and in its checkpoints.

    Args:
        config: Options of each stage by its name. A stage whose options are None is left out.
            ``order`` lists the names in the order in which the stages run; without it that is
            the order of :data:`STAGES`. None takes the default stages.

    Returns:
        The stages in the order in which they run.

    Raises:
        OptionError: The config is no dict, or a stage has no such option.
        ValueError: There is no such stage, none is left, a value is out of its range, or the
            order cannot work.
    """
    if config is None:
        return default_stages()
    if not isinstance(config, Mapping):
        raise OptionError(
            f'stages={config!r} must be a dict of stages and their options, such as '
            f'dict(overlap=dict(iou_thr=0.3)); there are {", ".join(STAGES)}'
        )
    built = {name: _build(name, each) for name, each in config.items() if name != ORDER}
    made = {name: stage for name, stage in built.items() if stage is not None}
    if not made:
        raise ValueError('stages names no stage: leave it out for the default ones')
    order = config.get(ORDER)
    stages = tuple(made[name] for name in _checked(order, made) if name in made)
    for number, stage in enumerate(stages, start=1):
        problem = stage.order_problem(stages[number:])
        if problem is not None:
            raise ValueError(f'stages: {problem}')
    return stages


def stage_options(stage: type[Stage]) -> list[str]:
    """Return the names of a stage's options."""
    return [each.name for each in fields(stage)]


def _checked(order: Sequence[str] | None, made: Mapping[str, Stage]) -> Sequence[str]:
    """Return an order that names each stage once; others of :data:`STAGES` may be among them."""
    if order is None:
        return list(STAGES)
    names = not isinstance(order, str) and all(each in STAGES for each in order)
    if not names or len(set(order)) < len(order) or not set(made) <= set(order):
        raise ValueError(
            f'stages.{ORDER}={order!r} must name each of {", ".join(made)} once, and no other '
            f'than {", ".join(STAGES)}'
        )
    return order


def _build(name: str, options: Mapping[str, Any] | None) -> Stage | None:
    if name not in STAGES:
        raise ValueError(f'stages has no {name!r}; there are {", ".join(STAGES)}')
    if options is None:
        return None
    stage = STAGES[name]
    known = stage_options(stage)
    if not isinstance(options, Mapping):
        raise OptionError(
            f'stages.{name}={options!r} must be a dict of {", ".join(known)}, or None'
        )
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise OptionError(
            f'stage {name!r} has no option {", ".join(unknown)}; it has {", ".join(known)}'
        )
    return stage(**options)
