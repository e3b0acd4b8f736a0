"""No tool writes over what it reads."""

import importlib
import shutil
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools'


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch):
    """``tool('deployment/export_onnx')``, a tool as a module."""

    def load(name: str):
        folder, _, module = f'{TOOLS}/{name}'.rpartition('/')
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, module, raising=False)
        return importlib.import_module(module)

    return load


def test_predictions_never_replace_a_checkpoint(toy_config, run_tool, tmp_path, capsys) -> None:
    weights = tmp_path / 'weights.pkl'
    weights.write_bytes(b'weights')
    (tmp_path / 'link.pkl').symlink_to(weights)
    for out in ('weights.pkl', 'link.pkl', './weights.pkl'):
        with pytest.raises(SystemExit) as end:
            run_tool('test', toy_config, weights, '--out', out)
        assert end.value.code == 2
        assert 'which is read: name another file or folder' in capsys.readouterr().err
    assert weights.read_bytes() == b'weights'


def test_tracks_never_replace_the_detections(toy_config, run_tool, tmp_path, capsys) -> None:
    (tmp_path / 'run' / 'results').mkdir(parents=True)
    text = toy_config.read_text() + (
        "test_evaluator = dict(type='MOTMetric', outdir='run')\n"
        "model = dict(detector=dict(type='PublicDetector', detections='run/results'))\n"
    )
    toy_config.write_text(text)
    with pytest.raises(SystemExit) as end:
        run_tool('test', toy_config)
    assert end.value.code == 2
    assert 'run/results would be written over' in capsys.readouterr().err


def test_a_report_never_replaces_the_data(tool, mot_root, tmp_path, capsys) -> None:
    data = shutil.copytree(mot_root / 'test', tmp_path / 'test')
    sequence = data / 'DEMO-03'
    for read in (sequence / 'gt' / 'gt.txt', *sequence.glob('img1/000001.*')):
        before = read.read_bytes()
        assert tool('check_data').main([str(data), '--json', str(read)]) == 2
        assert 'would be written over itself, which is read' in capsys.readouterr().err
        assert read.read_bytes() == before
    report = data / 'report.json'
    assert [tool('check_data').main([str(data), '--json', str(report)]) for _ in range(2)] == [
        0,
        0,
    ]


def test_an_export_never_replaces_the_weights(tool, tmp_path, capsys) -> None:
    config, weights = tmp_path / 'net.py', tmp_path / 'net.pth'
    config.touch()
    weights.write_bytes(b'weights')
    arguments = [str(config), str(weights), str(weights)]
    assert tool('deployment/export_onnx').main(arguments) == 2
    assert 'would be written over itself, which is read' in capsys.readouterr().err
    assert weights.read_bytes() == b'weights'
