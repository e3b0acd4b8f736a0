"""The demo as a whole, on little data and with small networks."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
import torch

from mmmaml import visualization
from mmmaml.commands.running import demo_data, demo_run
from mmmaml.commands.running.demo import main
from mmmaml.datasets.synthetic import SequenceAppearance
from mmmaml.utils.mot_files import FRAME, HEIGHT, LEFT, read_rows, read_seqinfo
from mmmaml.utils.outputs import sole_run

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / 'tools'
CONFIGS = ROOT / 'configs' / 'demo'
SMALL = """
_base_ = {base!r}
model = dict(reid=dict(backbone=dict(base_channels=4), head=dict(in_channels=32)))
train_dataloader = dict(dataset=dict(num_ways=4))
"""
OPTIONS = ['--out', 'out', '--epochs', '1', '--jobs', '1']


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool with configs of small networks, in an empty working folder."""
    module = demo_run
    configs = tmp_path / 'configs'
    configs.mkdir()
    for path in CONFIGS.glob('*.py'):
        (configs / path.name).write_text(SMALL.format(base=str(path)))
    monkeypatch.setattr(module, 'find_config', lambda name: configs / f'{name}.py')
    work = tmp_path / 'work'
    work.mkdir()
    monkeypatch.chdir(work)
    return module


@pytest.fixture
def short(demo: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The same with short, small generated sequences: two to train on, two held out."""
    data = demo_data
    specs = data.dataset_specs
    size = {'num_frames': 12, 'size': (192, 128), 'num_people': 6}
    monkeypatch.setattr(data, 'dataset_specs', lambda *args, **kw: specs(*args, **kw | size))
    monkeypatch.setattr(data, 'NUM_TRAIN', 2)
    monkeypatch.setattr(
        data, 'TEST_APPEARANCES', (SequenceAppearance(), SequenceAppearance(brightness=0.6))
    )
    return demo


@pytest.fixture
def one_row(demo: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The demo with the last row of its table alone."""
    monkeypatch.setattr(demo, 'VARIANTS', (demo.SHOWN,))
    return demo


def copy_of(root: Path, *subsets: str, leave_out: str = '') -> Path:
    """The sequences of some subsets in the working folder; a subset may go without its truth."""
    for subset in subsets:
        ignore = shutil.ignore_patterns('gt') if subset == leave_out else None
        shutil.copytree(root / subset, Path('data') / subset, ignore=ignore)
    return Path('data')


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    paths = folder.rglob('*')
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


def frames_of(video: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(video))
    frames = []
    while (image := capture.read()[1]) is not None:
        frames.append(image)
    capture.release()
    return frames


def closest_frame(picture: np.ndarray, sequence: Path) -> int:
    """The frame of a sequence that a picture was drawn on."""
    info = read_seqinfo(sequence)

    def distance(frame: int) -> float:
        image = cv2.imread(str(info.image_path(frame)))
        return float(np.median(np.abs(image.astype(float) - picture)))

    return min(range(1, info.num_frames + 1), key=distance)


def table_of(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip('|').split('|')] for line in text.splitlines()]


def percent(value: float) -> str:
    return f'{100 * value:.1f}'


def check_table(demo: ModuleType, out: Path, sequences: list[str]) -> None:
    """``metrics.md`` says what ``metrics.json`` says, and that what each run has written."""
    scores = json.loads((out / 'metrics.json').read_text())
    header, _, *rows = table_of((out / 'metrics.md').read_text())
    assert header == ['', *demo.METRICS, *(f'IDF1 {name}' for name in sequences)]
    assert list(scores) == [variant.key for variant in demo.VARIANTS]
    for variant, row in zip(demo.VARIANTS, rows, strict=True):
        (run,) = scores[variant.key]
        assert run == json.loads((out / 'seed0' / variant.key / 'metrics.json').read_text())
        assert list(run['sequences']) == sequences
        overall = run['overall']
        cells = dict(zip(header, row, strict=True))
        assert cells[''] == variant.name
        assert cells['IDs'] == str(overall['IDs'])
        for metric in ('MOTA', 'IDF1', 'HOTA', 'AssA'):
            assert cells[metric] == percent(overall[metric])
        for name in sequences:
            assert cells[f'IDF1 {name}'] == percent(run['sequences'][name]['IDF1'])
        assert overall['MOTA'] > 0.3  # detections are good, whatever the network


# ---- whole runs


def test_on_generated_data(short, capsys):
    main(OPTIONS)
    out, sequences = Path('out'), ['DEMO-03', 'DEMO-04']
    check_table(short, out, sequences)
    shown = capsys.readouterr().out
    steps = 2 + len({v.training for v in short.VARIANTS}) + len(short.VARIANTS)
    assert [f'[{n}/{steps}]' in shown for n in range(1, steps + 2)] == [True] * steps + [False]
    assert 'All outputs are in out' in shown
    assert sorted(path.stem for path in (out / 'videos').iterdir()) == sequences
    for name in sequences:
        pictures = frames_of(out / 'videos' / f'{name}.mp4')
        assert [picture.shape for picture in pictures] == [(128, 192, 3)] * 12
    assert cv2.imread(str(out / 'learning_curves.png')).std() > 5
    # One training of each kind, whatever is tracked with it.
    trained = {path.parent.name for path in out.glob('seed0/*/last_checkpoint')}
    assert trained == {variant.training for variant in short.VARIANTS}


def test_on_a_folder_with_held_out_sequences(one_row, mot_root):
    data = copy_of(mot_root, 'train', 'test')
    before = state_of(data)
    main(['--data', 'data', *OPTIONS])
    assert state_of(data) == before
    check_table(one_row, Path('out'), ['DEMO-03'])
    assert len(frames_of(Path('out/videos/DEMO-03.mp4'))) == 30


def test_trainings_side_by_side_give_what_they_give_one_after_the_other(demo, mot_root, capsys):
    data = copy_of(mot_root, 'train', 'test')
    for jobs in ('1', '2'):
        options = ['--data', str(data), '--out', f'out{jobs}', '--epochs', '1', '--jobs', jobs]
        main(options)
    one, two = (json.loads(Path(f'out{jobs}/metrics.json').read_text()) for jobs in '12')
    assert one == two
    for training in (demo.PLAIN, demo.META):
        weights = [
            torch.load(f'out{jobs}/seed0/{training}/epoch_1.pth')['state_dict'] for jobs in '12'
        ]
        assert weights[0].keys() == weights[1].keys()
        assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
    shown = capsys.readouterr().out
    assert shown.count('All outputs are in') == 2
    assert [shown.count(f'[{number}/8]') for number in range(1, 10)] == [2] * 8 + [0]
    assert not list(Path('out2').glob('log_*'))


def test_a_training_that_fails_ends_the_demo_with_one_sentence(demo, mot_root, capsys):
    config = demo.find_config(demo.META)
    config.write_text(config.read_text() + 'optim_wrapper = dict(typo=1)\n')
    data = copy_of(mot_root, 'train', 'test')
    for jobs in ('1', '2'):
        with pytest.raises(SystemExit) as stopped:
            main(['--data', str(data), '--out', 'out', '--epochs', '1', '--jobs', jobs])
        assert stopped.value.code == 1
        said = capsys.readouterr().err
        assert f'train {demo.META}, seed 0 failed' in said
        assert "unexpected keyword argument 'typo'" in said
        assert 'Traceback' in Path('out/log.txt').read_text()
        assert not Path('out/metrics.json').exists()


def test_second_halves_are_held_out_without_a_test_folder(one_row, mot_root, monkeypatch):
    data = copy_of(mot_root, 'train')
    before = state_of(data)
    drawn = {}

    def render_video(sequence, rows, *args, **options):
        drawn[sequence.name] = rows
        return original(sequence, rows, *args, **options)

    original = visualization.render_video
    monkeypatch.setattr(visualization, 'render_video', render_video)
    main(['--data', 'data', *OPTIONS])
    assert state_of(data) == before
    sequences = ['DEMO-01', 'DEMO-02']
    check_table(one_row, Path('out'), sequences)
    assert list(drawn) == sequences
    for name, rows in drawn.items():
        pictures = frames_of(Path(f'out/videos/{name}.mp4'))
        assert len(pictures) == 14
        assert closest_frame(pictures[0], data / 'train' / name) == 17
        assert closest_frame(pictures[-1], data / 'train' / name) == 30
        public = read_rows(data / 'train' / name / 'det' / 'det.txt')
        assert set(rows[:, FRAME]) <= set(range(17, 31))
        for row in rows:  # each box is a detection of the frame it is drawn on
            boxes = public[public[:, FRAME] == row[FRAME], LEFT : HEIGHT + 1]
            assert np.abs(boxes - row[LEFT : HEIGHT + 1]).max(1).min() < 0.01


def test_without_ground_truth_tracks_are_drawn_and_not_scored(one_row, mot_root, capsys):
    data = copy_of(mot_root, 'train', 'test', leave_out='test')
    before = state_of(data)
    Path('out').mkdir()
    Path('out/metrics.md').write_text('the table of an earlier run')
    main(['--data', 'data', *OPTIONS])
    assert state_of(data) == before
    shown = capsys.readouterr().out
    assert 'All outputs are in out: videos/' in shown
    assert 'No ground truth for the held-out sequences: nothing to score.' in shown
    assert json.loads(Path('out/metrics.json').read_text()) == {one_row.SHOWN.key: [{}]}
    assert not Path('out/metrics.md').exists()
    assert len(frames_of(Path('out/videos/DEMO-03.mp4'))) == 30
    assert Path('out/learning_curves.png').is_file()


# ---- data


def test_sequences_are_generated_once(short, monkeypatch):
    data, progress = demo_data, []
    generated = data.generated_data(Path('made'), lambda *counts: progress.append(counts))
    assert progress == [*((done, 48) for done in range(1, 49)), (48, 48)]
    before = state_of(Path('made'))

    progress.clear()
    again = data.generated_data(Path('made'), lambda *counts: progress.append(counts))
    assert again == generated
    assert progress == [(48, 48)]
    assert state_of(Path('made')) == before


@pytest.mark.parametrize('case', ['unfinished', 'other sequences'])
def test_what_an_earlier_run_left_is_made_anew(short, monkeypatch, case):
    data, progress = demo_data, []
    data.generated_data(Path('made'), lambda *counts: None)
    if case == 'unfinished':
        Path('made/specs.json').unlink()
    else:
        monkeypatch.setattr(
            data, 'TEST_APPEARANCES', (SequenceAppearance(brightness=0.5), SequenceAppearance())
        )
    before = Path('made/test/DEMO-03/img1/000001.jpg').read_bytes()
    data.generated_data(Path('made'), lambda *counts: progress.append(counts))
    assert len(progress) == 49
    changed = Path('made/test/DEMO-03/img1/000001.jpg').read_bytes() != before
    assert changed is (case == 'other sequences')


# ---- the table and the command line


@pytest.mark.parametrize(
    ('values', 'count', 'expected'),
    [
        ([0.5], False, '50.0'),
        ([0.5, 0.6], False, '55.0 ± 7.1'),  # half the difference times the root of 2
        ([0.2, 0.2, 0.2], False, '20.0 ± 0.0'),
        ([7], True, '7'),
        ([2, 4, 6], True, '4 ± 2.0'),
        ([-0.1, 0.1], False, '0.0 ± 14.1'),
    ],
)
def test_summary(demo, values, count, expected):
    assert demo.summary(values, count) == expected


def test_rows_differ_by_training_and_adaptation_alone(demo, mot_root):
    data = demo_data.given_data(mot_root, Path('annotations'))
    configs = [demo.load_config(variant, data, epochs=3).to_dict() for variant in demo.VARIANTS]
    ways = []
    for variant, config in zip(demo.VARIANTS, configs, strict=True):
        tracker = config['model'].pop('tracker')
        hooks = [hook['type'] for hook in config.pop('custom_hooks')]
        pipeline = config['train_dataloader']['dataset']['dataset'].pop('pipeline')
        meta = variant.training.startswith('maml')
        assert tracker.get('adapt', True) is variant.adapted
        assert ('MAMLOptimizerHook' in hooks) is meta
        assert (pipeline[-1]['type'] == 'ShiftTaskAppearance') is meta
        assert config['train_cfg']['max_epochs'] == config['param_scheduler'][0]['T_max'] == 3
        config.pop('train_pipeline')
        assert config == configs[0]  # the rest
        ways.append((variant.training, variant.adapted))
    assert len(set(ways)) == len(ways)
    keys, names = ({getattr(v, field) for v in demo.VARIANTS} for field in ('key', 'name'))
    assert len(keys) == len(names) == len(ways)


WRONG = {
    'epochs': (['--epochs', '0'], 'error: --epochs 0 must be at least 1'),
    'jobs': (['--jobs', '0'], 'error: --jobs 0 must be at least 1'),
    'seeds': (['--seeds', '0'], 'error: --seeds 0 must be at least 1'),
    'data': (['--data', '.'], 'error: --data . has no folder train/: it needs the MOTChallenge'),
    'option': (['--frames', '3'], 'error: unrecognized arguments: --frames 3'),
}


@pytest.mark.parametrize('case', WRONG)
def test_wrong_arguments_end_with_one_sentence(demo, capsys, case):
    arguments, message = WRONG[case]
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert not any(Path().iterdir())


def test_a_bad_data_folder_ends_with_one_sentence(demo, capsys):
    Path('bad/train/A').mkdir(parents=True)
    with pytest.raises(SystemExit) as stopped:
        main(['--data', 'bad'])
    assert stopped.value.code == 2
    assert 'bad/train holds no MOTChallenge sequence' in capsys.readouterr().err


def test_a_demo_beside_another_in_its_folder_is_refused(demo, mot_root, capsys):
    data = copy_of(mot_root, 'train')
    with sole_run('out', '--out'), pytest.raises(SystemExit) as stopped:
        main(['--data', str(data), *OPTIONS])
    assert stopped.value.code == 2
    assert 'another run is at work in out: ' in capsys.readouterr().err
    assert not Path('out/annotations').exists()


def test_debug_shows_where_an_error_came_from(demo):
    Path('bad/train/A').mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match='holds no MOTChallenge sequence'):
        main(['--data', 'bad', '--debug'])


def test_an_output_folder_that_is_a_file_is_one_sentence(demo, mot_root, capsys):
    Path('out').touch()
    data = copy_of(mot_root, 'train')
    with pytest.raises(SystemExit) as stopped:
        main(['--data', str(data), *OPTIONS])
    assert stopped.value.code == 2
    assert 'out is no folder' in capsys.readouterr().err


def test_quickstart_runs_it_in_the_folder_of_the_caller(tmp_path):
    python = tmp_path / 'env' / 'bin' / 'python'
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\ncase "$1" in *demo.py) pwd; echo "$@";; esac\n')
    python.chmod(0o755)
    (tmp_path / 'elsewhere').mkdir()
    result = subprocess.run(
        ['bash', str(TOOLS / 'quickstart.sh'), '--data', 'MOT17'],
        cwd=tmp_path / 'elsewhere',
        env={**os.environ, 'VIRTUAL_ENV': str(tmp_path / 'env')},
        capture_output=True,
        text=True,
        check=True,
    )
    called = f'{TOOLS.resolve()}/demo.py --data MOT17'
    assert result.stdout.splitlines()[-2:] == [str(tmp_path / 'elsewhere'), called]


def test_given_data_are_not_written_to(demo, mot_root, capsys):
    data = copy_of(mot_root, 'train')
    before = state_of(data)
    for out in ('data', 'data/../data', 'data/train'):
        with pytest.raises(SystemExit) as stopped:
            main(['--data', 'data', '--out', out])
        assert stopped.value.code == 2
        assert 'which is read: name another file or folder' in capsys.readouterr().err
    assert state_of(data) == before
