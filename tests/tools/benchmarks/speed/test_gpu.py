"""The script for GPUs, on the processor at a tiny size."""

from pathlib import Path

import pytest
import torch

from tools.benchmarks.speed.gpu.__main__ import main

ROOT = Path(__file__).parents[4]
CONFIGS = (
    '--one-shot',
    str(ROOT / 'configs/one_shot/one-shot_r18_demo.py'),
    '--crops',
    str(ROOT / 'configs/demo/maml-mot_r18_demo.py'),
)
TINY = ('--sizes', '96x64', '--frames', '1', '--people', '3', '--tasks', '1', '--steps', '1')


@pytest.mark.skipif(torch.cuda.is_available(), reason='is of the processor')
def test_all_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('mmengine.device.utils.DEVICE', 'cpu')
    out = tmp_path / 'page.md'
    main([*CONFIGS, *TINY, '--batches', '1', '2', '--out', str(out)])
    text = out.read_text()
    rows = [line for line in text.splitlines() if line.startswith(('| one-shot', '| crops'))]
    assert len(rows) == 2 * 2 * 3
    assert sum('bf16, channels last' in row for row in rows) == 4
    assert all(float(row.split('|')[5]) > 0 for row in rows)
    assert 'gloo, one rank: a step in' in text
    assert 'cosine at least 0.99' in text


def test_what_does_not_fit_the_time_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    main([*CONFIGS, *TINY, '--batches', '1', '--seconds', '0'])
    assert capsys.readouterr().out.count('no time left') == 2 * 3 + 4
