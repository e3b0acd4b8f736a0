"""Plain content of checkpoints, and which checkpoint to go on from."""

import io
import os

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer

from mmmaml.engine.checkpoints.checkpoint_files import (
    histories_from_plain,
    newest_checkpoint,
    to_plain,
)


def read_safely(content):
    with io.BytesIO() as file:
        torch.save(content, file)
        file.seek(0)
        return torch.load(file, weights_only=True)


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        (np.float32(0.5), 0.5),
        (np.arange(3), [0, 1, 2]),
        ((1, [np.int64(2)]), (1, [2])),
        (ConfigDict(a=ConfigDict(b=np.bool_(True))), {'a': {'b': True}}),
        ({'classes': ('person',), 'nothing': None}, {'classes': ('person',), 'nothing': None}),
    ],
    ids=str,
)
def test_plain_content_is_the_same_and_loads_safely(value, expected):
    loaded = read_safely(to_plain(value))
    assert loaded == expected
    assert type(loaded) is type(expected)


def test_histories_come_back_and_can_be_gone_on_with():
    history = HistoryBuffer([0.1, 0.2, 0.7], [1, 1, 2], max_length=3)
    loaded = histories_from_plain(read_safely(to_plain({'loss': history, 'none': None})))
    found = loaded['loss']
    for a, b in zip(found.data, history.data, strict=True):
        np.testing.assert_array_equal(a, b)
    found.update(0.4)
    assert found.data[0].tolist() == [0.2, 0.7, 0.4]
    assert loaded['none'] is None
    assert histories_from_plain({'old': history})['old'] is history


def save(folder, name, age):
    path = folder / name
    torch.save({'weights': torch.zeros(1000)}, path)
    os.utime(path, (1000 - age, 1000 - age))
    return str(path)


def test_the_named_checkpoint_is_taken(tmp_path):
    named = save(tmp_path, 'epoch_1.pth', age=2)
    save(tmp_path, 'epoch_2.pth', age=1)
    (tmp_path / 'last_checkpoint').write_text(named)
    assert newest_checkpoint(str(tmp_path)) == named


def test_a_damaged_one_is_passed_over_and_told(tmp_path, log_lines):
    damaged = save(tmp_path, 'epoch_3.pth', age=0)
    (tmp_path / 'last_checkpoint').write_text(damaged)
    with open(damaged, 'r+b') as file:
        file.truncate(2000)
    newest = save(tmp_path, 'iter_20.pth', age=1)
    save(tmp_path, 'epoch_1.pth', age=2)
    save(tmp_path, 'best_acc_epoch_2.pth', age=0)  # has no optimizer to go on with
    assert newest_checkpoint(str(tmp_path)) == newest
    assert [line for line in log_lines if 'epoch_3.pth is missing or damaged' in line]


def test_a_flipped_bit_is_damage(tmp_path):
    path = save(tmp_path, 'epoch_1.pth', age=0)
    with open(path, 'r+b') as file:
        file.seek(2000)
        file.write(b'\xff')
    assert newest_checkpoint(str(tmp_path)) is None


def test_an_empty_folder_has_none(tmp_path):
    assert newest_checkpoint(str(tmp_path)) is None
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'epoch_9.pth'))
    assert newest_checkpoint(str(tmp_path)) is None
