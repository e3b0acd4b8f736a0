"""The command, from the files to the config that tracks."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config

from mmmaml.commands.tune import main
from mmmaml.evaluation import evaluate_folders
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.tuning.sequences import read_sequences
from mmmaml.utils.mot_files import read_rows, write_results
from mmmaml.utils.outputs import sole_run
from tests.onnx_files import save_mean_colour
from tests.tuning.people import NUM_FRAMES, write_features, write_people

ROOT = Path(__file__).parents[2]
NAMES = 'east', 'north', 'west'
TOO_WEAK = 0.65
"""Score of detections that continue tracks of the defaults, and start none."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_all(scores: tuple[float, ...]) -> None:
    for seed, (name, score) in enumerate(zip(NAMES, scores, strict=True)):
        write_people(Path('data'), name, score, seed)


def tune(*arguments: str) -> int:
    return main(['--gt', 'data', '--trials', '12', '--work-dir', 'work', *arguments])


def score_by_files(options: dict, folder: str) -> dict[str, float]:
    """IDF1 of each sequence, tracked by the tracker itself and scored from result files."""
    Path(folder).mkdir()
    for each in read_sequences(Path('data')):
        tracker = OnlineMetaTracker(**{**options, 'frame_rate': each.truth.frame_rate})
        rows = []
        for number, (boxes, scores, labels, _) in enumerate(each.frames):
            ids = tracker.step(number, boxes, scores, labels)
            for person, (x1, y1, x2, y2), score in zip(ids, boxes, scores, strict=True):
                if person > 0:
                    rows.append([number + 1, person, x1, y1, x2 - x1, y2 - y1, score])
        write_results(Path(folder) / f'{each.name}.txt', np.array(rows or np.zeros((0, 7))))
    evaluation = evaluate_folders('data', folder)
    return {name: each.scores['IDF1'] for name, each in evaluation.sequences.items()}


def test_what_is_adopted_loses_nowhere(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_all((TOO_WEAK,) * 3)
    assert tune('--options', 'score_thr', 'init_score_thr', '--objective', 'IDF1') == 0
    config = Config.fromfile('work/tuned.py')
    options = dict(config.model.tracker)
    assert options.pop('type') == 'OnlineMetaTracker'
    assert options['init_score_thr'] <= TOO_WEAK
    before, after = score_by_files({}, 'before'), score_by_files(options, 'after')
    assert all(after[name] > before[name] for name in NAMES)
    printed = capsys.readouterr().out
    assert f'init_score_thr={options["init_score_thr"]:g}' in printed
    assert 'no held-out sequence loses' in printed
    row = next(line for line in printed.splitlines() if 'east' in line)
    cells = [cell.split(' / ') for cell in row.split('│')[2:6]]
    assert [f'{100 * each["east"]:.1f}' for each in (before, after)] == [
        cells[0][1].strip(),
        cells[3][1].strip(),
    ]
    assert (
        Path('work/tuned.py')
        .read_text()
        .startswith('# Tracker tuned on east, north, west, trials of')
    )


def test_what_loses_on_a_held_out_sequence_is_not_adopted(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two sequences gain by a low threshold, by which the third one gets false tracks."""
    write_all((TOO_WEAK, TOO_WEAK, 0.9))
    path = Path('data/west/det/det.txt')
    false = ''.join(
        f'{frame},-1,{5 * person},150,9,40,{TOO_WEAK},-1,-1,-1\n'
        for frame in range(1, NUM_FRAMES + 1)
        for person in range(0, 70, 4)
    )
    path.write_text(path.read_text() + false)
    assert tune('--options', 'score_thr', 'init_score_thr') == 0
    printed = capsys.readouterr().out
    assert 'stay as they were: values found on east, north lower west, held out' in printed
    assert dict(Config.fromfile('work/tuned.py').model.tracker) == {'type': 'OnlineMetaTracker'}


def test_the_config_tracks(place: Path) -> None:
    """It is a whole one, of the models that were given, and a source and detections go in."""
    from mmmaml.commands.track import main as track

    write_all((TOO_WEAK,) * 3)
    for name in NAMES:
        folder = Path('data', name, 'img1')
        folder.mkdir()
        for number in range(1, NUM_FRAMES + 1):
            frame = np.full((200, 400, 3), 7 * number, np.uint8)
            cv2.imwrite(str(folder / f'{number:06d}.jpg'), frame)
    save_mean_colour(Path('reid.onnx'))
    assert tune('--reid', 'reid.onnx', '--options', 'init_score_thr', '--out', 'my.py') == 0
    assert len(list(Path('work/features').glob('*.npy'))) == 3
    assert not track(['data/east', '--config', 'my.py', '--out-dir', 'out'])
    assert len(read_rows('out/east.txt')) > 3 * NUM_FRAMES


def test_a_config_is_the_start_and_the_base(place: Path) -> None:
    write_all((TOO_WEAK,) * 3)
    for name in NAMES:
        write_features(Path('feats'), name)
    Path('configs').mkdir()
    Path('configs/mine.py').write_text(
        "model = dict(tracker=dict(type='OnlineMetaTracker', max_init_iou=0.6, stages=None))\n"
    )
    named = ('init_score_thr', 'max_init_iou', 'stages.overlap.iou_thr')
    options = ('--config', 'configs/mine.py', '--features', 'feats', '--options', *named)
    assert tune(*options) == 0
    assert "_base_ = '../configs/mine.py'" in Path('work/tuned.py').read_text()
    tracker = Config.fromfile('work/tuned.py').model.tracker
    assert tracker.init_score_thr <= TOO_WEAK
    assert OnlineMetaTracker(**{k: v for k, v in tracker.items() if k != 'type'})


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('--options', 'no_such'), "no option 'no_such' to search; there are adapter_cfg"),
        (('--folds', '4'), '--folds 4 must be between 2 and 3'),
        (('--trials', '0'), '--trials 0 must be at least 1'),
        (('--fps', '0'), '--fps 0 must be greater than 0'),
        (('--out', 'tuned.json'), 'must end in .py'),
        (('--prior', 'prior.npz'), '--prior is of features'),
        (('--detections', 'nowhere'), 'nowhere does not exist'),
        (('--config', 'other.py'), 'has the tracker ByteTracker: OnlineMetaTracker is tuned'),
        (('--config', 'moving.py'), 'follows the camera'),
        (('--features', 'nowhere'), 'holds no features of east'),
        (('--reid', 'nowhere.onnx'), 'nowhere.onnx'),
    ],
)
def test_bad_input_ends_with_a_sentence(
    arguments: tuple[str, ...], message: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_all((0.9,) * 3)
    Path('other.py').write_text("model = dict(tracker=dict(type='ByteTracker'))\n")
    Path('moving.py').write_text(
        "model = dict(tracker=dict(type='OnlineMetaTracker', camera_motion=dict()))\n"
    )
    assert tune(*arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert 'Traceback' not in said
    assert not Path('work/tuned.py').exists()


def test_a_search_beside_another_in_its_folder_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_all((0.9,) * 3)
    with sole_run('work', '--work-dir'):
        assert tune() == 2
    assert 'another run is at work in work: ' in capsys.readouterr().err
    assert not Path('work/trials.db').exists()


def test_without_optuna_one_sentence_says_what_to_install(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    assert tune() == 2
    assert 'optuna is not installed: pip install "mmmaml[tune]"' in capsys.readouterr().err


def test_the_help_loads_neither_torch_nor_optuna() -> None:
    code = (
        'import sys; from mmmaml.commands.console import main\n'
        "try: main(['tune', '--help'])\n"
        'except SystemExit: pass\n'
        "sys.exit(bool({'torch', 'optuna', 'mmengine'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert '--features' in found.stdout


def test_features_without_a_config_give_the_options_alone(place: Path) -> None:
    write_all((TOO_WEAK,) * 3)
    for name in NAMES:
        write_features(Path('feats'), name)
    assert tune('--features', 'feats', '--options', 'init_score_thr') == 0
    text = Path('work/tuned.py').read_text()
    assert 'put them into your config' in text
    assert max(map(len, text.splitlines())) <= 99
    assert list(Config.fromfile('work/tuned.py').model.tracker) == ['init_score_thr']
