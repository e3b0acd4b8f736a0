import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from mmengine import DefaultScope
from mmengine.logging import MMLogger

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def mmengine_globals(monkeypatch: pytest.MonkeyPatch) -> None:
    """End with a test its global registrations in mmengine: default scope and loggers."""
    for manager in (DefaultScope, MMLogger):
        monkeypatch.setattr(manager, '_instance_dict', manager._instance_dict.copy())


@pytest.fixture(scope='session')
def mot_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated data: two training sequences and a test one with ground truth, converted.

    30 frames of 192x128 at 6 frames a second, six people a sequence, ids 1 to 6 and a statue.
    """
    from mmmaml.datasets.conversion.mot_to_coco import convert_mot
    from mmmaml.datasets.synthetic import generate_dataset

    root = tmp_path_factory.mktemp('mot')
    generate_dataset(
        root, num_train=2, num_test=1, num_frames=30, size=(192, 128), num_people=6, frame_rate=6
    )
    convert_mot(root)
    return root


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """Collect the lines of the current MMLogger, which caplog does not see."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.INFO)  # whatever a training of another test left
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(level)
