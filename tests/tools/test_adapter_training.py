"""The adapter learned by the documented command."""

from pathlib import Path

import torch

from mmmaml.meta import AdapterNumbers, ScatterStatistics
from mmmaml.models.reid import MetaReIDHead, load_prior, save_prior
from tests.datasets.tracking.people import CHANNELS, person_features

CONFIG = Path(__file__).parents[2] / 'configs' / 'adapter' / 'online-adapter_reid-features.py'


def test_files_lie_where_the_config_looks_for_them(tmp_path, monkeypatch, run_tool) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')
    people = person_features(people=20)
    people.save('features.npz')
    statistics = ScatterStatistics(CHANNELS)
    feats = torch.from_numpy(people.feats[:, 0]).unflatten(0, (20, 5))
    statistics.fill(feats, torch.ones(20, 5, dtype=torch.bool))
    save_prior('prior.npz', statistics)
    run_tool('train', CONFIG, **{'train_dataloader.dataset.episodes': 8, 'log_level': 'ERROR'})
    head = MetaReIDHead(CHANNELS, CHANNELS)
    load_prior(Path('work_dirs') / CONFIG.stem / 'prior.npz', head)
    assert head.scatter.numbers != AdapterNumbers()
    torch.testing.assert_close(head.scatter.scatter, statistics.scatter, rtol=1e-3, atol=1e-3)
