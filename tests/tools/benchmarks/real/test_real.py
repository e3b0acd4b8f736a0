"""The benchmark on real videos, tried on small generated ones."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from mmmaml.meta import ScatterStatistics
from mmmaml.models.reid import save_prior
from tools.benchmarks.common.simulated_detections import SimulatedFrame
from tools.benchmarks.real import __main__ as command
from tools.benchmarks.real import measurements
from tools.benchmarks.real.contestants import (
    ADAPTED,
    TRUE,
    ours,
    roboflow_missing,
    true_identities,
)
from tools.benchmarks.real.data import RealSequence, find, read_truth

REAL = os.environ.get('MMMAML_REAL_DATA', '')


def still(length: int = 60, people: int = 3) -> RealSequence:
    """People who stand apart, each with a direction of its own as feature."""
    gt, frames = [], []
    for number in range(1, length + 1):
        boxes = np.array([[200.0 * p, 50, 40, 100] for p in range(people)])
        gt += [[number, p + 1, *box, 1, 1, -1] for p, box in enumerate(boxes)]
        corners = torch.from_numpy(boxes).float()
        corners[:, 2:] += corners[:, :2]
        frames.append(
            SimulatedFrame(
                number,
                corners,
                torch.full((people,), 0.9),
                torch.zeros(people, dtype=torch.long),
                torch.eye(8)[:people],
                np.arange(1, people + 1),
            )
        )
    return RealSequence('STILL', 10.0, length, (800, 200), np.array(gt), frames)


def test_page_and_numbers(mot_root: Path, network: Path, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    arguments = ['--data', str(mot_root / 'train'), '--reid', str(network), '--out-dir', str(out)]
    gt = find(mot_root / 'train')[0] / 'gt' / 'gt.txt'
    statistics = ScatterStatistics(51)
    statistics.scatter.copy_(torch.eye(51))
    statistics.count.fill_(1.0)
    save_prior(tmp_path / 'learned.npz', statistics)
    command.main([*arguments, '--thin', str(gt), '--priors', str(tmp_path / 'learned.npz')])
    text = (out / 'real_video.md').read_text()
    results = json.loads((out / 'real.json').read_text())
    assert str(tmp_path) not in text
    assert '$' not in text
    assert len(results['facts']) == len(find(mot_root / 'train'))
    for name, each in results['trackers'].items():
        row = re.search(rf'^\| {re.escape(name)} \| ([\d.-]+) \| ([\d.]+) ', text, re.M)
        assert float(row[2]) == pytest.approx(100 * each['mean']['IDF1'], abs=0.06)
    assert 'OnlineMetaTracker, adapted, learned' in results['trackers']
    assert all('adapted, learned' in each for each in results['association'].values())
    ceiling = results['trackers'][TRUE]['mean']
    assert ceiling['IDF1'] >= results['trackers'][ADAPTED]['mean']['IDF1'] - 0.02
    assert list(results['offline'][ADAPTED]) == list(measurements.OFFLINE)
    features = sorted((out / 'features').iterdir())
    stamps = [path.stat().st_mtime_ns for path in features]
    command.main(arguments)
    assert [path.stat().st_mtime_ns for path in features] == stamps  # embedded once


def test_missing_data_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main(['--data', str(tmp_path / 'nowhere')])
    assert 'nothing measured: there is no real data' in capsys.readouterr().out


def test_folder_without_sequences_ends_in_one_sentence(
    tmp_path: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'empty').mkdir()
    with pytest.raises(SystemExit):
        command.main(['--data', str(tmp_path / 'empty'), '--reid', str(network)])
    assert 'holds no real sequences' in capsys.readouterr().err


def test_truth_of_mot15_is_people_in_view(tmp_path: Path) -> None:
    path = tmp_path / 'gt.txt'
    path.write_text('1,2,10,20,30,40,1,-6.3,4.1,0\n2,2,11,20,30,40,0,-6.2,4.1,0\n')
    expected = [[1, 2, 10, 20, 30, 40, 1, 1, -1], [2, 2, 11, 20, 30, 40, 0, 1, -1]]
    assert read_truth(path).tolist() == expected


def test_true_identities_are_perfect_where_detections_are() -> None:
    sequence = still()
    rows, feats, _ = true_identities(sequence)
    scores = measurements.score([sequence], {'STILL': rows})
    assert feats.shape == (180, 8)
    assert scores['mean']['IDF1'] == scores['mean']['MOTA'] == 1
    assert scores['causes'][-1][1] == 0


def test_ours_tells_by_what_each_id_came() -> None:
    tracks = ours(still(), adapt=True)
    assert set(tracks.decisions) == {(int(row[0]), int(row[1])) for row in tracks.rows}
    assert {stage for stage, _ in tracks.decisions.values()} == {'start', 'appearance'}


def test_people_who_look_unlike_are_never_confused() -> None:
    for kind in measurements.association(still(150), {}).values():
        for wrong, number in kind.values():
            assert wrong == 0
            assert number > 10


def test_offline_steps_take_the_rows_and_features() -> None:
    sequence = still()
    tracks = {'STILL': true_identities(sequence)}
    for options in measurements.OFFLINE.values():
        rows = measurements.offline([sequence], tracks, options)['STILL']
        assert measurements.score([sequence], {'STILL': rows})['mean']['IDF1'] == 1


def test_thinned_truth() -> None:
    rows = np.array([[f, 1, 10.0 * f, 5, 40, 100, 1, 1, 1] for f in range(1, 31)])
    hidden, other = rows.copy(), rows.copy()
    hidden[:, 8], other[:, 7] = 0.1, 7
    thin = measurements.thin(np.concatenate([rows, hidden, other]), 30.0, 5.0)
    assert thin[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert thin[:, 2].tolist() == [10, 70, 130, 190, 250]
    near = [thin[[i], 2:6] / [6, 1, 1, 1] for i in range(5)]  # 10 pixels a frame
    assert [ids.tolist() for ids in measurements.by_overlap(near, 5.0)] == [[1]] * 5
    far = [thin[[i], 2:6] for i in range(5)]  # 60 pixels, more than a width
    assert [ids.tolist() for ids in measurements.by_overlap(far, 5.0)] == [
        [i] for i in range(1, 6)
    ]


@pytest.mark.skipif(roboflow_missing() is not None, reason=str(roboflow_missing()))
def test_roboflow_trackers_follow_people_who_stand() -> None:
    from tools.benchmarks.real.contestants import ROBOFLOW, of_roboflow

    for kind in ROBOFLOW.values():
        sequence = still()
        rows = of_roboflow(sequence, kind).rows
        assert measurements.score([sequence], {'STILL': rows})['mean']['IDF1'] > 0.9


@pytest.mark.slow
@pytest.mark.skipif(
    not Path(REAL, 'unpack.py').is_file(),
    reason='real videos are no part of the project: set MMMAML_REAL_DATA to their folder',
)
def test_real_data(tmp_path: Path) -> None:
    command.main(['--data', REAL, '--out-dir', str(tmp_path)])
    results = json.loads((tmp_path / 'real.json').read_text())
    assert results['trackers'][ADAPTED]['mean']['IDF1'] > 0.75
