"""Tracking, checking and scoring if mmcv, mmdet and mmtrack are not installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmmaml.datasets.tracking.person_features import PersonFeatures
from mmmaml.utils.mot_files import FRAME, ID, read_rows
from tests.onnx_files import save_bright_detector, save_mean_colour

ROOT = Path(__file__).parents[1]
BLOCK = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('mmcv', 'mmdet', 'mmtrack', 'mmcls'):
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)

sys.meta_path.insert(0, Blocker())
"""
CONSOLE = BLOCK + 'from mmmaml.commands.console import main; sys.exit(main())'
NUM_FRAMES, SIDE = 12, 416


@pytest.fixture(scope='module')
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sequence of two squares that pass each other, its truth, and the models."""
    root = tmp_path_factory.mktemp('workplace')
    folder = root / 'data' / 'SQUARES'
    for part in ('img1', 'gt'):
        (folder / part).mkdir(parents=True)
    rows = []
    for number in range(1, NUM_FRAMES + 1):
        frame = np.zeros((SIDE, SIDE, 3), np.uint8)
        for person, (column, row) in enumerate([(number - 1, 3), (12 - number, 8)], start=1):
            top, left = 32 * row, 32 * column
            frame[top : top + 32, left : left + 32] = (240, 255, 255) if person == 1 else 240
            rows.append(f'{number},{person},{left + 1},{top + 1},32,32,1,1,1')
        cv2.imwrite(str(folder / 'img1' / f'{number:06d}.png'), frame)
    (folder / 'gt' / 'gt.txt').write_text('\n'.join(rows) + '\n')
    (folder / 'seqinfo.ini').write_text(
        f'[Sequence]\nname=SQUARES\nimDir=img1\nframeRate=2\nseqLength={NUM_FRAMES}\n'
        f'imWidth={SIDE}\nimHeight={SIDE}\nimExt=.png\n'
    )
    save_bright_detector(root / 'detector.onnx')
    save_mean_colour(root / 'reid.onnx')
    return root


def command(workplace: Path, *arguments: object, code: str = CONSOLE):
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'}
    return subprocess.run(
        [sys.executable, '-c', code, *map(str, arguments)],
        cwd=workplace,
        env=environment,
        capture_output=True,
        text=True,
    )


MODELS = ('--detector', 'detector.onnx', '--reid', 'reid.onnx')


def test_a_sequence_is_checked_tracked_and_scored(workplace: Path) -> None:
    checked = command(workplace, 'check', 'data')
    assert checked.returncode == 0, checked.stderr
    options = ('stages.tentative.iou_thr=0', 'stages.overlap.iou_thr=0')
    tracked = command(
        workplace,
        *('track', 'data/SQUARES', *MODELS, '--out-dir', 'out', '--cfg-options'),
        *(f'model.tracker.{each}' for each in options),
    )
    assert tracked.returncode == 0, tracked.stderr
    rows = read_rows(workplace / 'out' / 'SQUARES.txt')
    assert np.unique(rows[:, FRAME]).tolist() == list(range(1, NUM_FRAMES + 1))
    about = json.loads((workplace / 'out' / 'SQUARES.json').read_text())
    assert about['num_frames'] == NUM_FRAMES
    assert (workplace / 'out' / 'SQUARES.mp4').stat().st_size > 1000
    scored = command(
        workplace, 'eval', '--gt', 'data', '--results', 'out', '--json', 'scores.json'
    )
    assert scored.returncode == 0, scored.stderr
    scores = json.loads((workplace / 'scores.json').read_text())['sequences']['SQUARES']
    assert scores['FN'] == scores['FP'] == 0


def test_the_next_file_goes_on_with_the_same_ids(workplace: Path) -> None:
    images = sorted((workplace / 'data' / 'SQUARES' / 'img1').iterdir())
    parts = {'whole': images, 'first': images[:7], 'second': images[7:]}
    states = {
        'whole': (),
        'first': ('--state-out', 'state.pth'),
        'second': ('--state-in', 'state.pth'),
    }
    ids: dict[str, list[float]] = {}
    for name, chosen in parts.items():
        (workplace / name).mkdir()
        for path in chosen:
            (workplace / name / path.name).symlink_to(path)
        options = ('--frame-rate', '2', '--out-dir', 'parts', *states[name])
        result = command(workplace, 'track', name, *MODELS, *options)
        assert result.returncode == 0, result.stderr
        ids[name] = read_rows(workplace / 'parts' / f'{name}.txt')[:, ID].tolist()
    assert ids['first'] + ids['second'] == ids['whole']


def test_files_are_converted(workplace: Path) -> None:
    converted = command(workplace, 'convert', 'mot2coco', '--help')
    assert converted.returncode == 0, converted.stderr
    assert converted.stdout.startswith('usage: mmmaml convert mot2coco')


def test_a_prior_is_fitted_and_used(workplace: Path) -> None:
    fit = ('fit-prior', 'data', '--reid', 'reid.onnx', '--out', 'p.npz')
    fitted = command(workplace, *fit, '--features', 'f.npz', '--views', '2')
    assert fitted.returncode == 0, fitted.stderr
    assert 'scatter of 2 people in 16 images' in fitted.stdout
    assert 'f.npz: 2 noisy views of each image' in fitted.stdout
    people = PersonFeatures.load(workplace / 'f.npz')
    assert people.feats.shape[:2] == people.trust.shape == (16, 3)
    assert np.bincount(people.person).tolist() == [8, 8]
    assert people.video.tolist() == [0] * 16
    refused = command(workplace, *fit, '--views', '0')
    assert refused.returncode == 2
    assert '--views 0 must be at least 1' in refused.stderr
    options = ('--prior', 'p.npz', '--out-dir', 'with_prior')
    tracked = command(workplace, 'track', 'data/SQUARES', *MODELS, *options)
    assert tracked.returncode == 0, tracked.stderr


def test_what_is_missing_is_said_where_it_is_needed(workplace: Path) -> None:
    code = BLOCK + 'from mmmaml.registry import MODELS; MODELS.build(dict(type=sys.argv[1]))'
    for name, sentence in (
        ('MAMLMOT', "'MAMLMOT' is not among the components that work without mmcv and mmdet"),
        ('mmdet.ByteTrack', "'mmdet.ByteTrack' is a part of MMDetection, which is not installed"),
    ):
        result = command(workplace, name, code=code)
        assert sentence in result.stderr


UNFIT = [
    ((), 'give models: --detector and --reid (ONNX files), or --config'),
    (('--detector', 'none.onnx'), 'detector none.onnx does not exist'),
    (('--detector', 'reid.onnx'), 'reid.onnx is no detector of a known form'),
    (('--reid', 'detector.onnx', '--detector', 'detector.onnx'), 'is no Re-ID network'),
    (('--reid', 'reid.onnx', '--config', 'c.py'), 'leave out --reid'),
    (('--detector', 'detector.onnx', '--prior', 'p.npz'), 'give --reid, too'),
    (('--detector', 'detector.onnx', '--checkpoint', 'c.pth'), 'and there is none'),
    ((*MODELS, '--state-in', 'detector.onnx'), 'state detector.onnx cannot be read'),
]
SEVERAL = (
    BLOCK
    + """
import contextlib, io, json
from mmmaml.commands.console import main
found = []
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code
    found.append([status, said.getvalue()])
print(json.dumps(found))
"""
)


def test_options_that_do_not_fit(workplace: Path) -> None:
    lines = json.dumps([['track', 'data/SQUARES', *arguments] for arguments, _ in UNFIT])
    result = command(workplace, lines, code=SEVERAL)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    for (_, sentence), (status, said) in zip(UNFIT, found, strict=True):
        assert status == 2
        assert said.startswith('mmmaml track: ')
        assert sentence in said
        assert len(said.splitlines()) == 1


def test_commands_are_listed(workplace: Path) -> None:
    assert '  track ' in command(workplace, '--help').stdout
    unknown = command(workplace, 'trakc')
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("mmmaml: there is no command 'trakc'")
