"""Sentences on checkpoints that do not fit the model they are loaded into."""

import logging
from collections.abc import Iterator

from mmengine.logging import print_log
from torch import nn

from mmmaml.meta import ScatterStatistics, TaskMemory
from mmmaml.models.reid import MetaReIDHead
from mmmaml.models.weights_by_name import LoadReport, in_words


def check_resumed(report: LoadReport, model: nn.Module, path: str) -> None:
    """Refuse to go on with a training of another network, or of other people.

    Args:
        report: Report on the weights of the checkpoint.
        model: Model that took them over.
        path: The checkpoint.

    Raises:
        ValueError: Not all weights fit.
    """
    if not (report.lacking or report.unexpected):
        return
    others = _other_people(report, model)
    if set(report.lacking) == set(others) and not report.unexpected:
        raise ValueError(
            f'{path} was trained on {", ".join(others.values())}: --resume goes on with the same '
            'data; to train on these from its weights, leave --resume out and set load_from'
        )
    raise ValueError(
        f'{path} is of another network than the config: {_fraction(report, model)}; '
        f'{_rest(report)}. --resume goes on with the same network; to take over the weights that '
        'fit, leave --resume out and set load_from'
    )


def check_fine_tuned(report: LoadReport, model: nn.Module, path: str) -> None:
    """Warn of the weights that a training does not start from.

    Args:
        report: Report on the weights of the checkpoint.
        model: Model that took them over.
        path: The checkpoint.

    Raises:
        ValueError: No weight fits.
    """
    _check_any(report, model, path)
    others = _other_people(report, model)
    for name, counts in others.items():
        print_log(
            f'{path} was trained on {counts}: {name} starts anew',
            logger='current',
            level=logging.WARNING,
        )
    if set(report.lacking) - set(others) or report.unexpected:
        print_log(
            f'{path} is of another network than the config: {_fraction(report, model)}, the '
            f'others start anew; {_rest(report)}',
            logger='current',
            level=logging.WARNING,
        )


def check_tested(report: LoadReport, model: nn.Module, path: str) -> None:
    """Refuse to test a network with weights that nobody trained.

    Args:
        report: Report on the weights of the checkpoint.
        model: Model, or part of one, that took them over.
        path: The checkpoint.

    Raises:
        ValueError: A weight that tracking needs is missing, or has another shape.
    """
    _check_any(report, model, path)
    spared = set(_for_training_alone(model))
    if set(report.lacking) - spared:
        raise ValueError(
            f'{path} is of another network than the config: {_fraction(report, model)}; '
            f'{_rest(report)}. Give a checkpoint of this network, or of its parts by --detector '
            'and --reid'
        )
    if report.unexpected:
        print_log(
            f'{path} holds {len(report.unexpected)} weights that {type(model).__name__} has no '
            f'use for: {in_words(report.unexpected)}',
            logger='current',
            level=logging.WARNING,
        )


def _check_any(report: LoadReport, model: nn.Module, path: str) -> None:
    if report.total and not report.loaded:
        raise ValueError(
            f'{path} holds no weight of {type(model).__name__}: it holds '
            f'{in_words(report.unexpected) or "nothing"}, the config has '
            f'{in_words(report.lacking)}'
        )


def _fraction(report: LoadReport, model: nn.Module) -> str:
    return f'{len(report.loaded)} of the {report.total} weights of {type(model).__name__} fit'


def _rest(report: LoadReport) -> str:
    parts = {
        'it lacks': report.missing,
        'of another shape are': report.misshapen,
        'without a use are': report.unexpected,
    }
    return ', '.join(f'{what} {in_words(names)}' for what, names in parts.items() if names)


def _other_people(report: LoadReport, model: nn.Module) -> dict[str, str]:
    """Find the classifiers of another number of identities; both numbers by their names."""
    numbers = {}
    for name, part in model.named_modules():
        name = f'{name}.classifier' if name else 'classifier'
        shape = report.misshapen.get(name)
        if isinstance(part, MetaReIDHead) and shape and shape[1:] == (part.out_channels,):
            numbers[name] = f'{shape[0]} identities and the training data have {part.num_classes}'
    return numbers


def _for_training_alone(model: nn.Module) -> Iterator[str]:
    """Find the names of weights that tracking does without."""
    for name, part in model.named_modules():
        prefix = f'{name}.' if name else ''
        if isinstance(part, MetaReIDHead):
            yield from (f'{prefix}classifier', f'{prefix}log_inner_lr')
        if isinstance(part, TaskMemory | ScatterStatistics):
            yield from (prefix + each for each in part.state_dict())
