"""Several sources at a time, certainty and state from the command line, each in small."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mmmaml.apis import MOTInferencer
from mmmaml.utils.mot_files import FRAME, read_rows
from tests.apis.bright_people import config, files, folder_of, frames


@pytest.fixture
def models(tmp_path: Path) -> list[str]:
    detector, reid = files(tmp_path)
    return ['--detector', str(detector), '--reid', str(reid)]


@pytest.fixture
def track(run_tool, models: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run_tool('track', *arguments, *models)


def test_several_sources_are_written_as_if_alone(track, tmp_path: Path, capsys) -> None:
    folders = [folder_of(tmp_path / name, frames(n)) for name, n in (('a', 12), ('b', 7))]
    for folder in folders:
        track(folder, '--out-dir', 'alone')
    track(*folders, '--out-dir', 'together', '--threads', 2)
    assert '19 frames tracked' in capsys.readouterr().out
    for name in ('a.txt', 'b.txt', 'a.csv', 'b.json'):
        alone, together = (tmp_path / folder / name for folder in ('alone', 'together'))
        assert alone.read_bytes() == together.read_bytes()
    assert len(read_rows('together/b.txt')) > 10
    times = json.loads(Path('together/b_timing.json').read_text())
    assert times['num_frames'] == 7
    assert times['seconds']['network'] > 0
    assert Path('together/a.mp4').stat().st_size > 0


def test_a_broken_source_does_not_take_the_others_along(track, tmp_path: Path, capsys) -> None:
    good = folder_of(tmp_path / 'good', frames(6))
    bad = folder_of(tmp_path / 'bad', frames(6))
    (bad / '004.png').write_bytes(b'no picture')
    with pytest.raises(SystemExit) as end:
        track(good, bad, '--out-dir', 'out')
    assert end.value.code == 1
    said = capsys.readouterr().err
    assert '004.png cannot be decoded' in said
    assert 'written is what was tracked until then' in said
    assert read_rows('out/good.txt')[:, FRAME].max() == 6
    assert read_rows('out/bad.txt')[:, FRAME].max() == 3


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['a', 'b/a'], 'would both be written as a'),
        (['a', 'b/a', '--state-out', 'x'], '--state-out is for one source'),
        (['a', 'b/a', '--decisions'], '--decisions is for one source'),
        (['a', '--decisions', '--join'], '--join changes them'),
        (['a', '--suspicious', '2'], '--suspicious 2 must be between 0 and 1'),
        (['a', '--suspicious', '--join'], '--join changes them'),
    ],
)
def test_what_cannot_be_is_refused(track, tmp_path: Path, capsys, arguments, message) -> None:
    for folder in ('a', 'b/a'):
        folder_of(tmp_path / folder, frames(2))
    with pytest.raises(SystemExit) as end:
        track(*arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_certainty_and_suspicious_places_are_written(track, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / 'a', frames(12))
    track(folder, '--out-dir', 'out', '--certainty', '--suspicious', '1')
    with open('out/a.csv', newline='') as file:
        lines = list(csv.DictReader(file))
    values = np.array([float(line['certainty']) for line in lines])
    assert len(values) > 12
    assert ((values >= 0) & (values <= 1)).all()
    found = json.loads(Path('out/a.json').read_text())
    assert all(len(each['certainty']) == len(each['frames']) for each in found['tracks'])
    with open('out/a_suspicious.csv', newline='') as file:
        places = list(csv.DictReader(file))
    assert {place['id'] for place in places} <= {line['id'] for line in lines}
    assert places


SECOND_HALF = """
import sys, torch, numpy as np
from mmmaml.apis import MOTInferencer, onnx_config
from tests.apis.bright_people import frames
detector, reid, state, out = sys.argv[1:]
inferencer = MOTInferencer(onnx_config(detector, reid))
inferencer.load_state_dict(torch.load(state, weights_only=True))
np.save(out, np.concatenate([each.tracks.rows() for each in inferencer.stream(frames()[5:])]))
"""


def test_state_goes_on_in_a_new_process(tmp_path: Path) -> None:
    whole = MOTInferencer(config(tmp_path))
    expected = np.concatenate([each.tracks.rows() for each in whole.stream(frames())])
    first = MOTInferencer(config(tmp_path))
    list(first.stream(frames()[:5]))
    torch.save(first.state_dict(), tmp_path / 'state.pth')
    names = ['detector.onnx', 'reid.onnx', 'state.pth', 'rows.npy']
    root = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, '-c', SECOND_HALF, *(str(tmp_path / name) for name in names)],
        check=True,
        cwd=root,
        env={**os.environ, 'PYTHONPATH': str(root)},
    )
    found = np.load(tmp_path / 'rows.npy')
    found[:, FRAME] += 5  # frames of a source count from 1
    assert len(found) > 7
    assert len(np.unique(found[:, 1])) > 1
    np.testing.assert_array_equal(found, expected[expected[:, FRAME] > 5])
