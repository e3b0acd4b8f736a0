"""The demo's model with a network of a few channels and random weights, on generated data."""

from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from mmmaml.registry import MODELS
from mmmaml.utils import register_all_modules

CONFIGS = Path(__file__).parents[2] / 'configs'
DEMO = CONFIGS / 'demo' / 'maml-mot_r18_demo.py'
OPTIONS: dict[str, Any] = {
    'model.reid.backbone.base_channels': 4,
    'model.reid.head.in_channels': 32,
    'log_level': 'ERROR',
}


def small_config(root: Path, path: Path = DEMO) -> Config:
    """A demo config with a small network, on the data of ``root``."""
    config = Config.fromfile(path)
    config.merge_from_dict({**OPTIONS, 'test_dataloader.dataset.data_root': str(root)})
    return config


def counting_config() -> Config:
    """The demo of CountingMOT with a network of a few channels and small frames."""
    config = Config.fromfile(CONFIGS / 'counting_mot' / 'counting-mot_r18_demo.py')
    options = {
        'model.detector.backbone.base_channels': 4,
        'model.detector.neck.in_channels': [4, 8, 16, 32],
        'model.detector.bbox_head.in_channels': 4,
        'model.detector.bbox_head.head_channels': 8,
        'test_dataloader.dataset.pipeline.0.transforms.1.scale': (96, 64),
        'log_level': 'ERROR',
    }
    config.merge_from_dict(options)
    return config


def save_weights(config: Config, path: Path) -> Path:
    """Write random weights for a config."""
    register_all_modules()
    torch.manual_seed(0)
    torch.save({'state_dict': MODELS.build(config.model).state_dict()}, path)
    return path
