"""Refusal of ground truth that cannot be scored, before the first frame."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.runner.loops import BaseLoop

from mmmaml.registry import HOOKS


@HOOKS.register_module()
class GroundTruthCheckHook(Hook):
    """Check of ground truth by the metrics, before hours are spent on frames.

    A metric takes part if it has a method ``check_ground_truth``, which is given the image paths
    of each sequence folder and refuses what it could not score by a ``ValueError``.
    """

    def __init__(self) -> None:
        self._val_is_checked = False

    def before_train(self, runner: Runner) -> None:
        """Check the ground truth of the validation to come."""
        _check(runner.val_loop)
        self._val_is_checked = True

    def before_val(self, runner: Runner) -> None:
        """Check before a validation, unless it was done before the training."""
        if not self._val_is_checked:
            _check(runner.val_loop)
        self._val_is_checked = True

    def before_test(self, runner: Runner) -> None:
        """Check before the first frame is tested."""
        _check(runner.test_loop)


def _check(loop: BaseLoop | None) -> None:
    if loop is None:
        return
    checks = [
        metric.check_ground_truth
        for metric in loop.evaluator.metrics
        if hasattr(metric, 'check_ground_truth')
    ]
    if checks:
        images = _images_by_folder(loop.dataloader.dataset)
        for check in checks:
            check(images)


def _images_by_folder(dataset: Any) -> dict[Path, list[Path]]:
    """Collect the paths of the frames of each sequence folder.

    Args:
        dataset: Videos as in mmdet (items with ``images``), or frames as in mmtrack.
    """
    images: dict[Path, list[Path]] = defaultdict(list)
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        for frame in info.get('images', [info]):
            path = Path(frame['img_path'])
            images[path.parent.parent].append(path)
    return dict(images)
