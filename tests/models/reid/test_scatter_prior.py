"""The scatter prior as a file, and what was learned beside it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mmmaml.meta import AdapterNumbers, ScatterStatistics
from mmmaml.models.reid import MetaReIDHead, load_prior, save_prior


@pytest.fixture
def statistics() -> ScatterStatistics:
    statistics = ScatterStatistics(3)
    statistics.fill(torch.randn(6, 4, 3), torch.ones(6, 4, dtype=torch.bool))
    return statistics


def head(channels: int = 3) -> MetaReIDHead:
    return MetaReIDHead(channels, channels)


def test_numbers_and_layer_travel_with_it(statistics, tmp_path: Path) -> None:
    statistics.numbers = replace(AdapterNumbers(), shrinkage=0.2, raw_share=0.125)
    layer = torch.randn(3, 3)
    save_prior(tmp_path / 'p.npz', statistics, layer)
    given = head()
    load_prior(tmp_path / 'p.npz', given)
    assert given.scatter.numbers == statistics.numbers
    assert torch.equal(given.weight, layer)
    for name in ('scatter', 'mean', 'count'):
        assert torch.equal(getattr(given.scatter, name), getattr(statistics, name))


def test_one_without_them_leaves_the_layer_and_the_numbers_chosen_by_hand(
    statistics, tmp_path: Path
) -> None:
    save_prior(tmp_path / 'p.npz', statistics)
    with np.load(tmp_path / 'p.npz') as file:
        assert sorted(file) == ['count', 'mean', 'scatter']
    given = head()
    before = given.weight.clone()
    load_prior(tmp_path / 'p.npz', given)
    assert given.scatter.numbers == AdapterNumbers()
    assert torch.equal(given.weight, before)


def test_of_another_width(statistics, tmp_path: Path) -> None:
    save_prior(tmp_path / 'p.npz', statistics)
    with pytest.raises(ValueError, match=r'of embeddings of 3 numbers, .* have 5'):
        load_prior(tmp_path / 'p.npz', head(5))
    save_prior(tmp_path / 'p.npz', statistics, torch.eye(3)[:2])
    with pytest.raises(ValueError, match=r'a layer of \(2, 3\) numbers, .* has \(3, 3\)'):
        load_prior(tmp_path / 'p.npz', head())


def test_other_files(statistics, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r'none.npz does not exist; tools/fit_prior'):
        load_prior(tmp_path / 'none.npz', head())
    for name, write in (('a.npz', lambda p: p.write_text('no')), ('b.npz', np.savez)):
        write(tmp_path / name)
        with pytest.raises(ValueError, match=f'{name} is no scatter prior'):
            load_prior(tmp_path / name, head())
    statistics.numbers = replace(AdapterNumbers(), temperature=2.0)
    save_prior(tmp_path / 'c.npz', statistics)
    with np.load(tmp_path / 'c.npz') as file:
        values = dict(file)
    np.savez(tmp_path / 'c.npz', **{**values, 'temperature': -1.0})
    with pytest.raises(ValueError, match=r'c.npz is no scatter prior \(temperature=-1.0 must be'):
        load_prior(tmp_path / 'c.npz', head())
    np.savez(tmp_path / 'd.npz', **{**values, 'mean': np.full(3, np.nan, np.float32)})
    with pytest.raises(ValueError, match='holds a mean that is not finite'):
        load_prior(tmp_path / 'd.npz', head())
