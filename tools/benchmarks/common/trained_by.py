"""The parts of a config that decide the weights of a training."""

from typing import Any

from mmengine.config import Config

TRAINED_BY = (
    'model',
    'train_dataloader',
    'train_cfg',
    'optim_wrapper',
    'param_scheduler',
    'custom_hooks',
)
"""The rest of a config can change without a new training."""


def deciding_parts(config: Config, without: tuple[str, ...] = ('tracker',)) -> dict[str, Any]:
    """Return the parts of a config that decide the weights, as plain dictionaries.

    The ``test_cfg`` of a part of the model, MMDetection's options of the test, does not.

    Args:
        config: With all of ``TRAINED_BY``.
        without: Parts of the model that are not trained.
    """
    parts = {name: config[name] for name in TRAINED_BY}
    parts['model'] = {k: v for k, v in config.model.items() if k not in without}
    plain: dict[str, Any] = Config(parts).to_dict()
    plain['model'] = _without_test(plain['model'])
    return plain


def _without_test(value: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_test(each) if isinstance(each, dict) else each
        for key, each in value.items()
        if key != 'test_cfg'
    }
