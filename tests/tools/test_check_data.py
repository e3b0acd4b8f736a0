import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.datasets.checks import DatasetCheck
from tests.datasets.mot_folder import write_sequence
from tests.properties import bounded
from tests.utils.test_box_conventions import scene

TOOLS = Path(__file__).parents[2] / 'tools'
GOOD = '1,7,5,5,20,30,1,1,1\n'


@pytest.fixture
def check_data(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    spec = importlib.util.spec_from_file_location('check_data', TOOLS / 'check_data.py')
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize('options', [[], ['--fast']])
def test_a_good_dataset(check_data, mot_root, tmp_path, capsys, options):
    report = tmp_path / 'report.json'

    assert check_data.main([str(mot_root), '--json', str(report), *options]) == 0
    assert '0 errors, 0 warnings; training can read it' in capsys.readouterr().out
    assert json.loads(report.read_text())['fast'] == bool(options)


def test_warnings_do_not_fail_and_errors_do(check_data, tmp_path, capsys):
    truth = write_sequence(tmp_path / 'train' / 'A', GOOD + '9,7,5,5,9,9,1,1,1\n') / 'gt/gt.txt'
    assert check_data.main([str(tmp_path)]) == 0
    assert 'warning' in capsys.readouterr().out

    truth.write_text(GOOD + GOOD)
    assert check_data.main([str(tmp_path)]) == 1
    assert 'training or scores would be wrong' in capsys.readouterr().out


def test_no_dataset_is_one_sentence(check_data, tmp_path, capsys):
    assert check_data.main([str(tmp_path / 'no')]) == 2
    error = capsys.readouterr().err
    assert 'no does not exist or is no folder' in error
    assert error.count('\n') == 1
    with pytest.raises(FileNotFoundError):
        check_data.main([str(tmp_path / 'no'), '--debug'])


def test_ctrl_c_shows_what_was_found_and_writes_nothing(check_data, tmp_path, capsys, monkeypatch):
    write_sequence(tmp_path / 'train' / 'A', GOOD + GOOD)
    write_sequence(tmp_path / 'train' / 'B', GOOD)
    check_sequence = DatasetCheck._check_sequence

    def interrupt(self, folder):
        if folder.name == 'B':
            raise KeyboardInterrupt
        check_sequence(self, folder)

    monkeypatch.setattr(DatasetCheck, '_check_sequence', interrupt)
    report = tmp_path / 'report.json'

    assert check_data.main([str(tmp_path), '--json', str(report)]) == 130
    out, error = capsys.readouterr()
    assert 'train/A/gt/gt.txt' in out
    assert 'stopped by Ctrl-C after 1 of 2 sequences' in error
    assert f'{report} was not written' in error
    assert not report.exists()


def check(root):
    """Exit status of the tool, and what it found as JSON."""
    spec = importlib.util.spec_from_file_location('check_data', TOOLS / 'check_data.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    report = root / 'report.json'
    status = module.main([str(root), '--fast', '--json', str(report)])
    return status, json.loads(report.read_text())


def messages(report, severity):
    return ' | '.join(e['message'] for e in report['problems'] if e['severity'] == severity)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    """A sequence of 20 frames of 640x480 whose ground truth the tests write."""
    root = tmp_path_factory.mktemp('check')
    write_sequence(root / 'train' / 'A', num_frames=20, size=(640, 480))
    return root


def truth_of(boxes, last='1,1,1'):
    """Rows of 12 people in 20 frames."""
    lines = [
        f'{k // 12 + 1},{k % 12},{",".join(f"{v:.5f}" for v in box)},{last}\n'
        for k, box in enumerate(boxes)
    ]
    return ''.join(lines)


CONVENTIONS = {
    'good': lambda b: b,
    'corners': lambda b: np.hstack([b[:, :2], b[:, :2] + b[:, 2:]]),
    'parts of the image': lambda b: b / (640, 480, 640, 480),
    'pictures of another size': lambda b: b * 3,
}


@bounded
@given(st.sampled_from(list(CONVENTIONS)), st.integers(0, 10**6), st.sampled_from(['gt', 'det']))
def test_boxes_of_another_convention_fail_with_their_likely_cause(root, kind, seed, file):
    folder = root / 'train' / 'A'
    boxes = scene(seed, (640, 480), people=12, frames=20)
    good = truth_of(boxes)
    (folder / 'gt' / 'gt.txt').write_text(
        truth_of(CONVENTIONS[kind](boxes)) if file == 'gt' else good
    )
    (folder / 'det').mkdir(exist_ok=True)
    detections = [f'{k // 12 + 1},-1,{",".join(f"{v:.4f}" for v in box)},0.9\n'
                  for k, box in enumerate(CONVENTIONS[kind](boxes))]  # fmt: skip
    (folder / 'det' / 'det.txt').write_text(''.join(detections) if file == 'det' else '')
    status, report = check(root)
    assert status == (kind != 'good'), report['problems']
    if kind != 'good':
        assert kind in messages(report, 'error')


@pytest.mark.parametrize(
    ('text', 'status', 'severity', 'message'),
    [
        (truth_of(scene(0, (640, 480))), 0, 'error', ''),
        # 2. which picture is frame 1
        ('101,1,5,5,20,30,1,1,1\n', 1, 'error', 'rows are off by 100'),
        ('0,1,5,5,20,30,1,1,1\n', 1, 'error', 'counted from 1'),
        # 3. columns
        ('1,1,5,,5,20,30,1,1\n', 1, 'error', 'has nothing in column 4'),
        ('1 1 5,5 5 20 30 1 1 1\n', 1, 'error', 'not 261,4'),
        # 5. what nobody counts
        (GOOD + '21,1,5,5,20,30,1,1,1\n', 0, 'warning', 'rows after the last frame (20)'),
        ('1,1,5,5,20,30,0,1,1\n', 1, 'error', 'no box counts as a pedestrian: 1 pedestrians of'),
        ('1,1,5,5,20,30,1,3,1\n', 1, 'error', 'no sequence has a considered, visible'),
        ('', 1, 'warning', 'holds no row'),
        # 7. classes
        (GOOD + '2,1,5,5,20,30,1,-1,1\n', 1, 'error', 'is -1, but other rows state one'),
        ('1,1,5,5,20,30,1,0,1\n', 1, 'error', 'the class (column 8) is 0'),
        ('1,1,5,5,20,30,1,1,1,7\n', 1, 'error', 'remove the tenth column'),
        # 9. MOT15
        ('1,1,5,5,20,30,1,-4.15,-7.3,0\n', 0, 'warning', 'places in the world'),
        ('1,1,5,5,20,30,1,-1,-1,-1\n', 0, 'warning', ''),
    ],
)
def test_status_is_1_exactly_if_training_or_scores_would_be_wrong(
    root, text, status, severity, message
):
    folder = root / 'train' / 'A'
    (folder / 'gt' / 'gt.txt').write_text(text)
    (folder / 'det').mkdir(exist_ok=True)
    (folder / 'det' / 'det.txt').write_text('')
    found, report = check(root)
    assert found == status, report['problems']
    assert message in messages(report, severity)


@pytest.mark.parametrize('first', [0, 101])
@pytest.mark.parametrize('has_seqinfo', [True, False])
def test_images_that_are_not_numbered_from_1(tmp_path, first, has_seqinfo):
    folder = write_sequence(tmp_path / 'train' / 'A', GOOD)
    for number in (4, 3, 2, 1) if first else (1, 2, 3, 4):
        path = folder / 'img1' / f'{number:06d}.jpg'
        path.rename(path.with_name(f'{number + first - 1:06d}.jpg'))
    if not has_seqinfo:
        (folder / 'seqinfo.ini').unlink()
    status, report = check(tmp_path)
    assert status == 1
    assert f'the names are off by {abs(first - 1)}. Rename' in messages(report, 'error')


def test_labels_of_an_annotation_tool(tmp_path):
    folder = write_sequence(tmp_path / 'train' / 'A', GOOD)
    (folder / 'gt' / 'labels.txt').write_text('car\nperson\n')
    status, report = check(tmp_path)
    assert status == 1
    assert "class 1 is 'car' in labels.txt" in messages(report, 'error')


def test_classes_and_people_of_one_image_are_counted(check_data, tmp_path, capsys):
    rows = GOOD + '2,7,5,5,20,30,1,1,1\n2,9,5,5,20,30,1,1,1\n3,4,5,5,20,30,1,3,1\n'
    write_sequence(tmp_path / 'train' / 'A', rows)
    write_sequence(tmp_path / 'train' / 'notes').rename(tmp_path / 'train' / 'B')
    (tmp_path / 'train' / 'extra').mkdir()
    assert check_data.main([str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert 'boxes by class: 3 pedestrian, 1 car' in out
    assert '1 of 3 identities have one image only' in ' '.join(out.split())
    assert 'train/extra' in out


HEAVY = ('torch', 'mmcv', 'mmdet', 'mmtrack', 'matplotlib', 'pandas')


@pytest.mark.parametrize(
    'command',
    [
        'check_data.py --help',
        'check_data.py ROOT',
        'browse_episodes.py --help',
        'dataset_converters/mot2coco.py --help',
        'dataset_converters/cvat2mot.py --help',
        'dataset_converters/export_tracks.py --help',
        'dataset_converters/make_demo_data.py --help',
    ],
)
def test_nothing_heavy_is_imported_that_a_command_does_not_use(tmp_path, command):
    write_sequence(tmp_path / 'train' / 'A', GOOD)
    name, *arguments = command.replace('ROOT', str(tmp_path)).split()
    script = (
        f'import runpy, sys; sys.argv = {[name, *arguments]!r}\n'
        'try:\n'
        f'    runpy.run_path({str(TOOLS / name)!r}, run_name="__main__")\n'
        'except SystemExit:\n'
        '    pass\n'
        f'print("heavy:", [name for name in {HEAVY} if name in sys.modules])'
    )
    done = subprocess.run(
        [sys.executable, '-c', script],
        capture_output=True,
        text=True,
        cwd=TOOLS.parent,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == 'heavy: []', done.stderr
