"""A training run small enough for a test: people are colours."""

import uuid

import numpy as np
from mmengine.config import Config
from mmengine.dataset import BaseDataset

from mmmaml.registry import DATASETS, TRANSFORMS
from mmmaml.utils import register_all_modules

from ..tiny import tiny_backbone

register_all_modules(init_default_scope=False)


@DATASETS.register_module(force=True)
class ColouredPeople(BaseDataset):
    """Ten people of one video, each a colour, ten frames each."""

    def __init__(self, num_people=10, num_frames=10, pipeline=()):
        self.num_people, self.num_frames = num_people, num_frames
        super().__init__(pipeline=[self.paint, *pipeline])

    def load_data_list(self):
        return [
            {'instance_id': i + 1, 'video_id': 0, 'frame_id': f, 'img_path': f'{f:06d}.jpg'}
            for i in range(self.num_people)
            for f in range(self.num_frames)
        ]

    @staticmethod
    def paint(results):
        colour = np.random.default_rng(results['instance_id']).integers(40, 215, 3)
        noise = results['rng'].normal(0, 15, (16, 8, 3))
        return {'img': np.clip(colour + noise, 0, 255).astype(np.uint8)}


@TRANSFORMS.register_module(force=True)
class PaintGrey:
    """An image that is the same for all."""

    def __call__(self, results):
        return {'img': np.full((16, 8, 3), 127, np.uint8)}


def config(work_dir, epochs=2, hooks=(), head=None, **kwargs):
    model = {
        'type': 'MetaReID',
        'backbone': tiny_backbone(),
        'head': {'type': 'MetaReIDHead', 'in_channels': 4, 'feat_channels': 5, **(head or {})},
        'data_preprocessor': {'mean': [127.0] * 3, 'std': [60.0] * 3},
    }
    loader = {
        'batch_size': 2,
        'num_workers': 0,
        'dataset': {
            'type': 'EpisodicDataset',
            'dataset': {'type': 'ColouredPeople'},
            'num_support': 2,
            'num_ways': 3,
        },
        'sampler': {'type': 'EpisodeSampler', 'shuffle': True},
    }
    defaults = {
        'model': model,
        'train_dataloader': loader,
        'train_cfg': {'type': 'EpochBasedTrainLoop', 'max_epochs': epochs},
        'optim_wrapper': {'optimizer': {'type': 'Adam', 'lr': 1e-2}},
        'custom_hooks': list(hooks),
        'default_hooks': {'logger': {'type': 'LoggerHook', 'interval': 1}},
        'default_scope': 'mmmaml',
        'runner_type': 'mmmaml.MetaRunner',
        'randomness': {'seed': 0},
        'work_dir': str(work_dir),
        'log_level': 'WARNING',
        'experiment_name': uuid.uuid4().hex,
    }
    return Config({**defaults, **kwargs})
