"""Videos and outputs as the world has them, from the command line."""

import csv
import json
import os
import shutil
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmmaml.apis.sources import open_source
from mmmaml.utils.mot_files import FRAME, LEFT, SCORE, read_rows
from tests.apis.small_model import DEMO, OPTIONS, save_weights, small_config
from tests.apis.sources.videos import ONE, encode, number_of, picture

NAME = 'DEMO-03'
RIGHT = (0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30)


@pytest.fixture
def sequence(mot_root: Path) -> Path:
    return mot_root / 'test' / NAME


@pytest.fixture
def images(sequence: Path) -> list[np.ndarray]:
    return [cv2.imread(str(path)) for path in sorted((sequence / 'img1').iterdir())]


@pytest.fixture
def track(run_tool, mot_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """``track(SOURCE, options...)`` with a small network, in an empty working folder."""
    checkpoint = save_weights(small_config(mot_root), tmp_path / 'weights.pth')
    (tmp_path / 'work').mkdir()
    monkeypatch.chdir(tmp_path / 'work')

    def run(*arguments: object) -> None:
        given = ['--config', DEMO, '--checkpoint', checkpoint]
        given += [] if '--out-dir' in arguments else ['--out-dir', 'out']
        run_tool('track', *arguments, *given, **OPTIONS)

    return run


def fails(capsys: pytest.CaptureFixture[str], run, *arguments: object) -> tuple[int, str]:
    """Exit status and the one line that is said."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        run(*arguments)
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return end.value.code, lines[0]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize('kind', ['detections', 'video', 'symlink', 'hard link', 'checkpoint'])
def test_inputs_are_never_replaced(
    track, sequence: Path, images: list[np.ndarray], tmp_path: Path, kind: str, capsys
) -> None:
    here = Path('.')
    shutil.copy(sequence / 'det' / 'det.txt', 'walk.txt')
    encode(Path('walk.mp4'), images[:3])
    source, detections, out = 'walk.mp4', 'walk.txt', '.'
    if kind == 'detections':
        os.rename('walk.mp4', 'walk.avi')
        source = 'walk.avi'
    elif kind == 'video':
        os.rename('walk.txt', 'boxes.txt')
        detections = 'boxes.txt'
    elif kind == 'symlink':
        here = Path('real')
        here.mkdir()
        for name in ('walk.mp4', 'walk.txt'):
            os.rename(name, here / name)
        Path('link').symlink_to('real')
        source, detections, out = 'real/walk.mp4', 'real/walk.txt', 'link'
    elif kind == 'hard link':
        os.mkdir('out')
        os.link('walk.txt', 'out/walk.txt')
        here, out = Path('out'), 'out'
    else:
        os.rename(tmp_path / 'weights.pth', 'walk.csv')
        os.symlink(Path('walk.csv').absolute(), tmp_path / 'weights.pth')
        os.mkdir('else')
        os.rename('walk.txt', 'else/walk.txt')
        os.rename('walk.mp4', 'else/walk.mp4')
        source, detections = 'else/walk.mp4', 'else/walk.txt'
    before = content(here)
    status, said = fails(capsys, track, source, '--detections', detections, '--out-dir', out)
    assert status == 2
    assert 'which is read: name another file or folder' in said
    assert content(here) == before


def test_a_source_of_the_same_name_keeps_its_results(
    track, sequence: Path, images: list[np.ndarray], capsys
) -> None:
    options = ['--detections', sequence / 'det' / 'det.txt']
    for folder, count in (('north', 3), ('south', 4)):
        os.mkdir(folder)
        encode(Path(folder) / 'walk.mp4', images[:count])
    track('north/walk.mp4', *options)
    before = content(Path('out'))
    status, said = fails(capsys, track, 'south/walk.mp4', *options)
    assert status == 2
    assert 'out/walk.mp4 would be replaced, and there are results of' in said
    assert said.endswith('north/walk.mp4: give another --out-dir, or --overwrite')
    assert content(Path('out')) == before
    track(Path('south/../north/walk.mp4').absolute(), *options)  # the same source again
    track('south/walk.mp4', *options, '--overwrite')
    assert json.loads(Path('out/walk.json').read_text())['num_frames'] == 4

    os.mkdir('own')
    Path('own/walk.txt').write_text('notes')
    status, said = fails(capsys, track, 'north/walk.mp4', *options, '--out-dir', 'own')
    assert 'own/walk.txt would be replaced, and there are no results of this source' in said
    assert content(Path('own')) == {'walk.txt': b'notes'}


def test_what_cannot_be_written_is_told_before_tracking(track, sequence: Path, capsys) -> None:
    Path('file').touch()
    status, said = fails(capsys, track, sequence, '--out-dir', 'file')
    assert (status, 'is no folder; name another' in said) == (2, True)


def test_a_video_that_lies_on_its_side_is_tracked_upright(
    track, sequence: Path, images: list[np.ndarray]
) -> None:
    lying = [np.ascontiguousarray(np.rot90(image)) for image in images]
    encode(Path('walk.mov'), lying, 'png', 6, 'rgb24', matrix=RIGHT)
    track('walk.mov', '--detections', sequence / 'det' / 'det.txt')
    rows = read_rows('out/walk.txt')
    track(sequence)
    np.testing.assert_allclose(rows[:, LEFT:SCORE], read_rows(f'out/{NAME}.txt')[:, LEFT:SCORE])
    about = json.loads(Path('out/walk.json').read_text())
    assert (about['width'], about['height']) == (192, 128)
    drawn = next(iter(open_source('out/walk.mp4'))).image
    assert np.median(np.abs(drawn.astype(int) - images[0])) < 6


BOXES = [(10 + 40 * i, 36, 16, 26) for i in range(3)]


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    broken=st.sets(st.integers(2, 12), max_size=4),
    rate=st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(15, 2)]),
)
def test_results_are_true_to_a_frame(track, capsys, tmp_path_factory, broken, rate) -> None:
    """Pictures tell their number; each frame's boxes are its own, moved by its number."""
    folder = tmp_path_factory.mktemp('true')
    video, boxes, out = folder / 'walk.avi', folder / 'boxes.txt', folder / 'out'
    encode(video, map(picture, range(1, 13)), 'mjpeg', rate, 'yuvj420p', broken=broken)
    lines = [f'{n},-1,{x + n / 4},{y},{w},{h},0.9' for n in range(1, 13) for x, y, w, h in BOXES]
    boxes.write_text('\n'.join(lines) + '\n')
    arguments = video, '--detections', boxes, '--out-dir', out, '--trail-seconds', 0
    if broken:
        status, said = fails(capsys, track, *arguments)
        assert status == 1
        assert f'has {len(broken)} of ' in said
        assert said.endswith('written is what was tracked until then')
    else:
        track(*arguments)
    with (out / 'walk.csv').open() as file:
        rows = list(csv.DictReader(file))
    last = max(set(range(1, 13)) - broken)
    assert {int(row['frame']) for row in rows} == set(range(1, 13)) - broken
    for row in rows:
        number = int(row['frame'])
        assert float(row['seconds']) == pytest.approx((number - 1) / rate, abs=6e-5)
        assert float(row['left']) in [x + number / 4 for x, *_ in BOXES]
    drawn = [number_of(frame.image) for frame in open_source(out / 'walk.mp4')]
    assert len(drawn) == last
    assert all(drawn[n - 1] == n for n in range(1, last + 1) if n not in broken)


def test_times_at_a_variable_rate_are_written(track) -> None:
    times = [Fraction(each, 1000) for each in (0, 40, 80, 480, 520, 1520)]
    encode(Path('walk.mkv'), map(picture, range(1, 7)), times=times, options={'bf': '0'})
    lines = [f'{n},-1,{x},{y},{w},{h},0.9\n' for n in range(1, 7) for x, y, w, h in BOXES]
    Path('boxes.txt').write_text(''.join(lines))
    track('walk.mkv', '--detections', 'boxes.txt')
    (track_of_one, *_) = json.loads(Path('out/walk.json').read_text())['tracks']
    assert track_of_one['frames'] == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(track_of_one['seconds'], [float(each) for each in times])
    # A frame rate of the user goes before the file's times.
    track('walk.mkv', '--detections', 'boxes.txt', '--frame-rate', '30000/1001')
    (track_of_one, *_) = json.loads(Path('out/walk.json').read_text())['tracks']
    np.testing.assert_allclose(track_of_one['seconds'], np.arange(6) * 1.001 / 30, atol=6e-5)


def test_frame_1_is_the_first_picture(track, sequence: Path, capsys, log_lines) -> None:
    folder = Path('walk')
    shutil.copytree(sequence / 'img1', folder / 'img1')
    for path in sorted((folder / 'img1').iterdir(), reverse=True):
        path.rename(path.with_name(f'{int(path.stem) + 100:06d}.jpg'))
    rows = read_rows(sequence / 'det' / 'det.txt')
    track(folder, '--detections', sequence / 'det' / 'det.txt', '--frame-rate', 6)
    found = read_rows('out/walk.txt')
    track(sequence)
    np.testing.assert_array_equal(found, read_rows(f'out/{NAME}.txt'))

    rows[:, FRAME] += 100
    np.savetxt('later.txt', rows[:, : SCORE + 1], '%g', ',')
    status, said = fails(capsys, track, folder, '--detections', 'later.txt')
    assert status == 2
    assert 'rows are off by 100. Subtract 100' in said
    rows[:, FRAME] -= 90
    np.savetxt('late.txt', rows[:, : SCORE + 1], '%g', ',')
    log_lines.clear()
    track(folder, '--detections', 'late.txt')
    late = int((rows[:, FRAME] > 30).sum())
    assert log_lines == [
        f'late.txt: {late} of {len(rows)} rows are of frames after the last picture (30) and not '
        'used'
    ]


def test_boxes_in_another_convention_are_told(track, sequence: Path, log_lines) -> None:
    rows = read_rows(sequence / 'det' / 'det.txt')
    rows[:, LEFT : LEFT + 4] /= (192, 128, 192, 128)
    np.savetxt('parts.txt', rows[:, : SCORE + 1], '%g', ',')
    track(sequence, '--detections', 'parts.txt')
    assert len(log_lines) == 1
    assert 'parts.txt: ' in log_lines[0]
    assert 'they look like parts of the image (0 to 1)' in log_lines[0]


def test_nobody_at_all_is_told(track, sequence: Path, capsys) -> None:
    Path('none.txt').write_text('1,-1,10,10,20,40,0.01\n')
    track(sequence, '--detections', 'none.txt')
    assert 'There are no tracks' in ' '.join(capsys.readouterr().out.split())


REAL = Path(os.environ.get('MMMAML_REAL_DATA', 'none')) / 'MOT15' / 'PETS09-S2L1'


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason='MMMAML_REAL_DATA names no real sequences')
def test_a_real_surveillance_video_is_tracked(track) -> None:
    video, truth = REAL / 'vtest.avi', read_rows(REAL / 'gt' / 'gt.txt')
    track(video, '--detections', REAL / 'det' / 'det.txt')
    about = json.loads(Path('out/vtest.json').read_text())
    assert (about['num_frames'], about['width'], about['height']) == (795, 768, 576)
    assert set(truth[:, FRAME]) <= set(range(1, 796))
    rows = read_rows('out/vtest.txt')
    assert len(rows) > 0.7 * len(truth)
