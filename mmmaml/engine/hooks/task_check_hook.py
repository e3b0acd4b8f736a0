"""The check that data and model belong together."""

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.utils.data import Dataset

from mmmaml.datasets import EpisodeSampler, EpisodicDataset, MOTFrameDataset
from mmmaml.models.reid import find_meta_learner
from mmmaml.registry import HOOKS


@HOOKS.register_module()
class TaskCheckHook(Hook):
    """Check of class count and sampler against the training data, before the first iteration.

    Of every training dataset that knows its ``num_identities``: tasks, and frames.

    Raises:
        ValueError: The classifier's size is not the number of identities, tasks of one identity
            are classified within the task, the sampler would repeat tasks or augmentations
            every epoch, or datasets of frames are joined so that their identities collide.
    """

    def before_train(self, runner: Runner) -> None:
        """Check once the dataset, the model and a resumed checkpoint are there."""
        dataset = runner.train_dataloader.dataset
        identities = getattr(dataset, 'num_identities', None)
        if identities is None:
            _check_joined(dataset)
            return
        head = find_meta_learner(runner.model).reid_head
        num_classes = head.num_classes
        if num_classes != identities:
            raise ValueError(
                f'the classifier has {num_classes} classes, the training dataset '
                f'{identities} identities: set num_classes={identities} in the head '
                '(or None), or train from the checkpoint of the same data'
            )
        alone = isinstance(dataset, EpisodicDataset) and dataset.num_ways == 1
        if alone and head.task_classifier.needs_ways:
            raise ValueError(
                f"task_classifier='{head.task_classifier.name}' tells apart the identities of a "
                "task, and num_ways=1 leaves nothing to tell apart: use 'global', or more ways"
            )
        sampler = runner.train_dataloader.sampler
        if not isinstance(sampler, EpisodeSampler):
            raise ValueError(
                f'{type(sampler).__name__} does not tell {type(dataset).__name__} the epoch, '
                'every epoch would repeat the same tasks and augmentations: use '
                "sampler=dict(type='EpisodeSampler')"
            )


def _check_joined(dataset: Dataset) -> None:
    """Refuse frames that were joined without keeping their people apart."""
    if any(isinstance(part, MOTFrameDataset) for part in getattr(dataset, 'datasets', ())):
        raise ValueError(
            f'{type(dataset).__name__} joins frames whose identities are each counted from 0, so '
            'different people would be one class: use ConcatFrameDataset, which counts on'
        )
