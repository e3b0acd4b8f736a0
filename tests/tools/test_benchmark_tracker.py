"""The benchmark of trackers: its simulation against nominal values, its runs, its pages."""

import importlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.utils import register_all_modules
from mmmaml.utils.mot_files import CLASS, FRAME, HEIGHT, ID, LEFT, SCORE, VISIBILITY, WIDTH

FOLDER = Path(__file__).parents[2] / 'tools' / 'analysis_tools'


@pytest.fixture
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    names = ('benchmark_tracker', 'simulated_detections', 'tracker_contestants', 'tracker_timing')
    return SimpleNamespace(**{name: importlib.import_module(name) for name in names})


def truth(people=40, frames=200):
    """Rows of people who stand in a row, one after another in the file."""
    rows = np.ones((people, frames, 9))
    rows[..., FRAME] = np.arange(1, frames + 1)
    rows[..., ID] = np.arange(people)[:, None] * 3 + 7
    rows[..., LEFT] = 100 * np.arange(people)[:, None]
    rows[..., LEFT + 1] = 50
    rows[..., WIDTH], rows[..., HEIGHT] = 40, 100
    return rows.reshape(-1, 9)


def write_gt(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, rows, fmt='%g', delimiter=',')
    return path


# ---- simulation


def test_noise_is_what_it_says(tools):
    sim = tools.simulated_detections
    rows = truth()
    frames = sim.simulate(rows, sim.Noise(), seed=0)
    number = sum(len(frame.boxes) for frame in frames)
    assert number / len(rows) == pytest.approx(0.95, abs=0.01)  # 3 standard deviations: 0.007

    boxes = torch.cat([frame.boxes for frame in frames]).numpy()
    people = np.concatenate([frame.identities for frame in frames])
    left = 100 * ((people - 7) // 3)
    moved = boxes - np.stack([left, 50 + 0 * left, left + 40, 150 + 0 * left], axis=1)
    moved /= [40, 100, 40, 100]
    np.testing.assert_allclose(moved.std(axis=0), 0.02, rtol=0.05)
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=0.001)

    feats = torch.cat([frame.feats for frame in frames]).numpy()
    assert feats.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(feats, axis=1), 1, atol=1e-5)
    # A mean over 190 observations is the direction of the identity but for 0.002.
    means = np.stack([feats[people == each].mean(axis=0) for each in np.unique(people)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    own = (feats * means[(people - 7) // 3]).sum(axis=1)
    assert own.mean() == pytest.approx(0.89, abs=0.005)
    others = means @ means.T - np.eye(len(means))
    assert abs(others.mean()) < 0.02


def test_a_seed_says_it_all(tools):
    sim = tools.simulated_detections
    rows = truth(5, 20)
    first, same, other = (sim.simulate(rows, sim.Noise(), seed) for seed in (1, 1, 2))
    for a, b in zip(first, same, strict=True):
        assert torch.equal(a.boxes, b.boxes)
        assert torch.equal(a.feats, b.feats)
    counts = [[len(frame.boxes) for frame in frames] for frames in (first, other)]
    assert counts[0] != counts[1]


def test_frames_without_anyone_are_frames(tools):
    sim = tools.simulated_detections
    rows = truth(2, 10)
    rows = rows[~np.isin(rows[:, FRAME], (1, 4, 5))]
    frames = sim.simulate(rows, sim.Noise(dropped=0), seed=0)
    assert [frame.number for frame in frames] == list(range(1, 11))
    assert [len(frame.boxes) for frame in frames] == [0, 2, 2, 0, 0, 2, 2, 2, 2, 2]


def test_who_can_be_detected(tools):
    rows = truth(6, 1)
    rows[0, VISIBILITY] = 0.25  # enough
    rows[1, VISIBILITY] = 0.24
    rows[2, CLASS] = 7
    rows[3, SCORE] = 0  # to be ignored
    rows[4, WIDTH] = 0
    rows[5, [CLASS, VISIBILITY]] = -1  # a file without these columns
    kept = tools.simulated_detections.detectable(rows, 0.25)
    assert kept[:, ID].tolist() == [7, 22]
    assert kept[1, [CLASS, VISIBILITY, SCORE]].tolist() == [1, 1, 1]


def test_crowd_stays_in_the_picture_and_moves(tools):
    rows = tools.simulated_detections.crowd(50, 60, seed=0).reshape(60, 50, 9)
    assert rows[..., WIDTH].min() >= 40
    assert rows[..., WIDTH].max() <= 80
    assert rows[..., LEFT : LEFT + 2].min() >= 0
    assert (rows[..., LEFT] + rows[..., WIDTH]).max() <= 3840
    assert (rows[..., LEFT + 1] + rows[..., HEIGHT]).max() <= 2160
    steps = np.linalg.norm(np.diff(rows[..., LEFT : LEFT + 2], axis=0), axis=2)
    assert 1 < steps.mean() < 6  # pixels a frame, people who walk


def test_everyone_who_comes_goes(tools):
    sim = tools.simulated_detections
    frames = list(sim.coming_and_going(10, 1000, sim.Noise(), seed=0))
    people = [set(frame.identities.tolist()) for frame in frames]
    assert all(7 <= len(each) <= 10 for each in people)
    assert 45 <= len(set.union(*people)) <= 55  # 240 frames each
    for each in set.union(*people):
        seen = [number for number, ids in enumerate(people) if each in ids]
        assert seen[-1] - seen[0] <= 241


# ---- contestants and their clock


@pytest.fixture
def crossing(tools):
    """Two people who change places, looked at by a video of 30 frames."""
    rows = truth(2, 30).reshape(2, 30, 9)
    rows[0, :, LEFT] = np.arange(30) * 10
    rows[1, :, LEFT] = 290 - np.arange(30) * 10
    sim = tools.simulated_detections
    frames = sim.simulate(rows.reshape(-1, 9), sim.Noise(dropped=0.0), seed=0)
    return sim.Video('crossing', 30.0, rows.reshape(-1, 9), frames)


def test_every_tracker_sees_everyone_and_starts_anew(tools, crossing):
    register_all_modules()
    trackers = list(
        tools.tracker_contestants.contestants(30.0, tools.simulated_detections.Noise(), 0)
    )
    assert len(trackers) >= 8
    timing = tools.tracker_timing
    frames = crossing.frames[:12]
    runs = timing.measure(trackers, frames, repeats=1)
    for each in trackers:
        rows = runs[each.name].tracks
        # Some wait for a second look at someone new.
        assert len(rows) >= 20, each.name
        assert runs[each.name].milliseconds > 0
        each.reset()
        again, _ = timing.timed_pass([each.prepare(frame) for frame in frames])
        np.testing.assert_array_equal(timing.track_rows(each, frames, again), rows)


def test_embeddings_reach_the_peers(tools, crossing):
    """People who look alike are told apart by place, and only those who do not by looks."""
    register_all_modules()
    made = tools.tracker_contestants.peer('mmdet StrongSORT', 128)
    steps = [made.prepare(frame) for frame in crossing.frames]
    tools.tracker_timing.timed_pass(steps)
    held = torch.cat([track.embeds for track in made.tracker.tracks.values()])
    held = held / held.norm(dim=1, keepdim=True)
    last = crossing.frames[-1].feats
    assert (held @ last.T).max(dim=0).values.min() > 0.8


def test_the_adapted_tracker_adapts(tools):
    head = tools.tracker_contestants.trained_head(16, 0.89, seed=0)
    assert len(head.task_memory) == head.task_memory.max_tasks > 100
    assert head.scatter.count == len(head.task_memory)
    # The scatter of noise is the same in all directions: (1 - cos²) over 16 of them.
    variances = torch.linalg.eigvalsh(head.scatter.scatter)
    assert variances.mean() == pytest.approx((1 - 0.89**2) / 16, rel=0.1)
    torch.testing.assert_close(head.weight @ head.weight.T, torch.eye(16), atol=1e-5, rtol=0)


def test_stages_add_up_to_a_step(tools, crossing):
    timing = tools.tracker_timing
    before = OnlineMetaTracker._check
    made = tools.tracker_contestants.ours('ours', 30.0)
    with timing.stage_clock() as clock:
        _, seconds = timing.timed_pass([made.prepare(f) for f in crossing.frames])
    assert OnlineMetaTracker._check is before
    assert (clock > 0).all()
    assert 0.5 * seconds.sum() < clock.sum() < seconds.sum()
    stages = timing.measure_stages(made, crossing.frames, repeats=1)
    assert list(stages) == list(timing.STAGES)


# ---- the command


def test_page_and_numbers(tools, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tools.benchmark_tracker, 'CROWD_FRAMES', 6)
    monkeypatch.setattr(tools.benchmark_tracker, 'GROWTH_FRAMES', (5, 10))
    gt = write_gt(tmp_path / 'TINY-01' / 'gt' / 'gt.txt', truth(4, 12))
    page, numbers = tmp_path / 'speed.md', tmp_path / 'numbers.json'
    threads = torch.get_num_threads()
    tools.benchmark_tracker.main(
        f'{gt.parents[1]} --frames 10 --repeats 1 --crowd 9 --growth --out {page} '
        f'--json {numbers}'.split()
    )
    assert torch.get_num_threads() == threads
    text = page.read_text()
    assert text in capsys.readouterr().out
    assert str(tmp_path) not in text
    results = json.loads(numbers.read_text())
    video = results['videos']['TINY-01']
    assert (video['frames'], video['objects']) == (10, 4)
    # 38 or so of 40 boxes are found, and nothing is confused.
    assert 0.93 < video['true identities']['IDF1'] < 1
    assert video['true identities']['IDs'] == 0
    for name, result in video['trackers'].items():
        row = re.search(
            rf'^\| {re.escape(name)} \| ([\d.]+) \| ([\d.]+)x \| ([\d.]+) ', text, re.M
        )
        assert float(row[1]) == pytest.approx(result['ms'], abs=0.006)
        ratio = video['trackers']['mmdet DeepSORT']['ms'] / result['ms']
        assert float(row[2]) == pytest.approx(ratio, abs=0.06)
        assert float(row[3]) == pytest.approx(100 * result['IDF1'], abs=0.06)
    assert text.count('## ') == 3
    assert '--crowd 9' in text
    for lengths in results['growth'].values():
        assert [int(frames) for frames in lengths] == [5, 10]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nowhere.txt'], 'nowhere.txt does not exist'),
        (['.'], 'gt.txt does not exist'),
        (['empty.txt'], 'empty.txt holds nobody to detect: of 0 rows'),
        ([], 'nothing to do'),
        (['--crowd', '0', '--growth'], '--crowd 0 must be at least 1'),
        (['cars.txt', '--repeats', '0'], 'must be at least 1'),
        (['cars.txt'], 'of 3 rows none is considered, of class 1 and at least 0.25 visible'),
    ],
)
def test_bad_input_ends_in_one_sentence(tools, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'empty.txt').touch()
    cars = truth(1, 3)
    cars[:, CLASS] = 3
    write_gt(tmp_path / 'cars.txt', cars)
    with pytest.raises(SystemExit) as stop:
        tools.benchmark_tracker.main(arguments)
    assert stop.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert message in last
