"""Last layers over the frozen features of a strong network, trained plainly or on tasks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModel
from torch import Tensor

from mmmaml.datasets import EpisodicDataset, PersonFolderDataset
from mmmaml.models import MetaReIDHead
from mmmaml.models.onnx.onnx_reid import OnnxReID, identity_head
from mmmaml.models.reid.inner_loop_cfg import InnerLoopCfg
from mmmaml.models.reid.meta_learner import MetaLearner
from mmmaml.structures import TaskDataSample
from mmmaml.utils.images import read_frame
from tools.benchmarks.evidence.features import SequenceInput
from tools.benchmarks.evidence.measure import measure_groups
from tools.benchmarks.evidence.variants import ONLINES
from tools.benchmarks.real.data import Embedder, cached
from tools.benchmarks.real_reid.training import ABSENCES, BENCHMARK, with_errors
from tools.benchmarks.real_reid.variants import BOTH

TASKS_PER_STEP = 3
PRIOR_IMAGES = 8
"""Images of each identity that the prior is filled from."""


@dataclass(frozen=True)
class LayerTraining:
    """A way to train a last layer.

    Attributes:
        name: Name on the page.
        channels: Width of the embedding; None starts from the unit matrix, as wide as the input.
        meta: Train through the closed form.
        plain_loss_weight: Weight of the ordinary loss beside the query loss.
        query_loss_weight: Weight of the query loss.
        trained: False leaves the features as they are.
        seeds: Trainings with different seeds at most; wide layers take long to judge.
    """

    name: str
    channels: int | None = None
    meta: bool = False
    plain_loss_weight: float = 1.0
    query_loss_weight: float = 0.3
    trained: bool = True
    seeds: int = 20


LAYERS = {
    'none': LayerTraining('none', trained=False, seeds=1),
    'plain_128': LayerTraining('128 outputs, plain', 128),
    'meta_128': LayerTraining('128 outputs, meta', 128, True),
    'plain': LayerTraining('512 outputs from the unit matrix, plain', seeds=2),
    'query': LayerTraining(
        '512 outputs from the unit matrix, query loss alone', None, True, 0.0, 1.0, seeds=2
    ),
}


class FeatureLearner(MetaLearner, BaseModel):
    """A learner whose images are features (B, N, F, C) already.

    Args:
        head: The head that is trained.
    """

    def __init__(self, head: MetaReIDHead) -> None:
        super().__init__()
        self.head = head

    @property
    def reid_head(self) -> MetaReIDHead:
        """The head."""
        return self.head

    def extract_task_feats(self, inputs: Tensor, centers: Tensor | None = None) -> Tensor:
        """Return the features as they are."""
        return inputs

    def forward(self, inputs: Tensor, data_samples: list[TaskDataSample]) -> dict[str, Tensor]:
        """Compute the losses of tasks."""
        return self.task_losses(inputs, data_samples)


def people_features(dataset: PersonFolderDataset, reid: OnnxReID, cache: Path) -> Tensor:
    """Embed all images of a dataset, or take the features (R, C) of an earlier run."""
    paths = [dataset.get_data_info(item)['img_path'] for item in range(len(dataset))]
    chunks = [paths[start : start + 64] for start in range(0, len(paths), 64)]
    key = '\n'.join(paths).encode() + Embedder.of_network(reid).key
    return cached(
        cache,
        'people',
        key,
        lambda: torch.cat([reid.embed_crops([*map(read_frame, chunk)]) for chunk in chunks]),
    )


def train_layer(
    training: LayerTraining, tasks: EpisodicDataset, feats: Tensor, seed: int, iterations: int
) -> MetaReIDHead:
    """Train a last layer and fill its prior with all people.

    Args:
        training: The way.
        tasks: Tasks of items, whose features are known.
        feats: (R, C) features of the items.
        seed: Of weights and of the order of the tasks.
        iterations: Steps of 3 tasks.
    """
    torch.manual_seed(seed)
    head = _new_head(training, feats.shape[1], tasks.num_identities)
    learner = FeatureLearner(head).train()
    if training.meta:
        learner.set_inner_loop(InnerLoopCfg(solver='closed_form'))
    if training.trained:
        optimizer = torch.optim.Adam(head.parameters(), lr=2e-3 if training.channels else 2e-4)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations)
        for indices in _steps(len(tasks), iterations, seed):
            losses = learner(*_batch(tasks, feats, indices))
            optimizer.zero_grad()
            sum(v for k, v in losses.items() if k.startswith('loss')).backward()  # type: ignore
            optimizer.step()
            schedule.step()
    _fill_prior(head, tasks, feats)
    return head.eval()


def measure_layer(
    head: MetaReIDHead,
    sequences: dict[str, SequenceInput],
    groups: dict[str, list[str]],
    track: bool,
) -> list[dict[str, Any]]:
    """Measure a last layer, adapted online and not, tracking or not; records of the evidence."""
    records = [
        {'online': key, **record}
        for key in BOTH
        for record in measure_groups(
            sequences, groups, head, ONLINES[key], {}, BENCHMARK, ABSENCES, track
        )
    ]
    return with_errors(records)


def _new_head(training: LayerTraining, width: int, people: int) -> MetaReIDHead:
    weights = {
        'plain_loss_weight': training.plain_loss_weight,
        'query_loss_weight': training.query_loss_weight,
    }
    head = MetaReIDHead(
        width,
        training.channels or width,
        num_classes=people,
        task_classifier='prototype',
        **weights,
    )
    if training.channels is None:
        head.load_state_dict(identity_head(width).state_dict(), strict=False)
    return head


def _steps(tasks: int, steps: int, seed: int) -> Iterator[list[int]]:
    """Yield indices of the tasks of each step, every task once an epoch."""
    rng = np.random.default_rng([seed, 23])
    order = np.concatenate(
        [rng.permutation(tasks) + e * tasks for e in range(-(-steps * TASKS_PER_STEP // tasks))]
    )
    yield from order[: steps * TASKS_PER_STEP].reshape(steps, -1).tolist()


def _batch(
    tasks: EpisodicDataset, feats: Tensor, indices: list[int]
) -> tuple[Tensor, list[TaskDataSample]]:
    drawn = [tasks.task(index) for index in indices]
    samples = []
    for each in drawn:
        sample = TaskDataSample()
        sample.set_field(tasks.index.num_support, 'num_support', field_type='metainfo')
        sample.labels = torch.from_numpy(each.identities.astype(np.int64))
        samples.append(sample)
    return torch.stack([feats[torch.from_numpy(each.items)] for each in drawn]), samples


@torch.no_grad()
def _fill_prior(head: MetaReIDHead, tasks: EpisodicDataset, feats: Tensor) -> None:
    """Fill the prior scatter with people of one camera each, as the training of a network does."""
    index = tasks.dataset.index
    keys = np.stack([index['video_id'], index['instance_id']], axis=1)
    _, person = np.unique(keys, axis=0, return_inverse=True)
    rows = [np.flatnonzero(person.ravel() == p)[:PRIOR_IMAGES] for p in range(person.max() + 1)]
    rows = [each for each in rows if len(each) > 1]
    embeds = torch.zeros(len(rows), PRIOR_IMAGES, head.out_channels)
    valid = torch.zeros(len(rows), PRIOR_IMAGES, dtype=torch.bool)
    for place, each in enumerate(rows):
        embeds[place, : len(each)] = head(feats[torch.from_numpy(each)])
        valid[place, : len(each)] = True
    head.scatter.fill(embeds, valid)
