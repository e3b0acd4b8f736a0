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


def save_weights(config: Config, path: Path) -> Path:
    """Write random weights for a config."""
    register_all_modules()
    torch.manual_seed(0)
    torch.save({'state_dict': MODELS.build(config.model).state_dict()}, path)
    return path
