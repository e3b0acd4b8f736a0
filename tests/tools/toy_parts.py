"""A model, data and hooks small enough to train in a test; named by the config there."""

import json
from pathlib import Path

import torch
from mmengine.dataset import BaseDataset
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, HOOKS, METRICS, MODELS, RUNNERS
from mmengine.runner import Runner


@DATASETS.register_module(force=True)
class ToyPoints(BaseDataset):
    def load_data_list(self):
        x = torch.linspace(-1, 1, 12)
        return [{'inputs': x[i : i + 1], 'target': 2 * x[i : i + 1] + 1} for i in range(12)]


@MODELS.register_module(force=True)
class ToyModel(BaseModel):
    """A line, in the place of the Re-ID model of a MOT model."""

    def __init__(self):
        super().__init__()
        self.reid = torch.nn.Linear(1, 1)

    def forward(self, inputs, target, mode='tensor', **kwargs):
        found = self.reid(torch.stack(list(inputs)))
        if mode == 'loss':
            return {'loss': torch.nn.functional.mse_loss(found, torch.stack(list(target)))}
        return [{'found': row} for row in found]


@METRICS.register_module(force=True)
class ToyMetric(BaseMetric):
    def process(self, data_batch, data_samples):
        self.results += [float(sample['found']) for sample in data_samples]

    def compute_metrics(self, results):
        return {'mean': sum(results) / len(results)}


@HOOKS.register_module(force=True)
class ToyDrawing(Hook):
    """Writes down how it was set up."""

    def __init__(self, note, **options):
        Path(note).write_text(json.dumps(options))


@RUNNERS.register_module(force=True)
class ToyRunner(Runner):
    def train(self):
        Path(self.work_dir, 'toy_runner').touch()
        return super().train()
