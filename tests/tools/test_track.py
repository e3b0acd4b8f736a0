"""Tracking any source from the command line, and how that ends when it cannot go on."""

import csv
import json
import os
import shutil
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmmaml import apis
from mmmaml.apis import MOTInferencer
from mmmaml.apis.streams import VideoTracking
from mmmaml.commands.track_run import load_state
from mmmaml.utils.mot_files import FRAME, ID, read_rows
from mmmaml.visualization.videos import video_writer
from tests.apis.small_model import DEMO, OPTIONS, counting_config, save_weights, small_config
from tests.onnx_files import save_bright_detector

NAME = 'DEMO-03'
FILES = ['.csv', '.json', '.mp4', '.txt', '_timing.json']


@pytest.fixture
def sequence(mot_root: Path) -> Path:
    return mot_root / 'test' / NAME


@pytest.fixture
def track(run_tool, mot_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """``track(SOURCE, options...)`` with a small network, in an empty working folder."""
    checkpoint = save_weights(small_config(mot_root), tmp_path / 'weights.pth')
    (tmp_path / 'work').mkdir()
    monkeypatch.chdir(tmp_path / 'work')

    def run(*arguments: object) -> None:
        model = ['--config', DEMO, '--checkpoint', checkpoint]
        given = [] if '--config' in arguments else model
        given += [] if '--out-dir' in arguments else ['--out-dir', 'out']
        run_tool('track', *arguments, *given, **OPTIONS)

    return run


@pytest.fixture
def video(sequence: Path, tmp_path: Path) -> Path:
    """The sequence as a file."""
    path = tmp_path / 'street.avi'
    with video_writer(path, path, 6) as write:
        for image in sorted((sequence / 'img1').iterdir()):
            write(cv2.imread(str(image)), image)
    return path


def written() -> list[str]:
    return sorted(path.name for path in Path('out').glob('*'))


def frames_of(path: str) -> list[np.ndarray]:
    capture, frames = cv2.VideoCapture(path), []
    while (image := capture.read()[1]) is not None:
        frames.append(image)
    return frames


def fails(capsys: pytest.CaptureFixture[str], run, *arguments: object) -> tuple[int, str]:
    """Exit status and what is said, which is one line."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        run(*arguments)
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return end.value.code, lines[0]


def test_a_sequence_is_tracked_as_in_a_test(
    track, sequence: Path, mot_root: Path, tmp_path: Path, capsys
) -> None:
    track(sequence)
    assert written() == sorted(NAME + each for each in FILES)
    apis.track(small_config(mot_root), tmp_path / 'weights.pth', tmp_path / 'tested')
    rows = read_rows(f'out/{NAME}.txt')
    np.testing.assert_array_equal(rows, read_rows(tmp_path / f'tested/results/{NAME}.txt'))

    video = frames_of(f'out/{NAME}.mp4')
    assert len(video) == 30
    plain = cv2.imread(str(sequence / 'img1' / '000009.jpg')).astype(int)
    assert (abs(video[8] - plain).max(axis=2) > 60).mean() > 0.02  # boxes are there
    with open(f'out/{NAME}.csv', newline='') as file:
        lines = list(csv.DictReader(file))
    assert [int(line['id']) for line in lines] == rows[:, ID].tolist()
    found = json.loads(Path(f'out/{NAME}.json').read_text())
    assert (found['frame_rate'], found['width'], found['height']) == (6, 192, 128)
    assert {each['id']: len(each['frames']) for each in found['tracks']} == {
        int(each): int(count)
        for each, count in zip(*np.unique(rows[:, ID], return_counts=True), strict=True)
    }
    assert {each['class'] for each in found['tracks']} == {'pedestrian'}
    times = json.loads(Path(f'out/{NAME}_timing.json').read_text())
    assert times['num_frames'] == 30
    out = capsys.readouterr().out
    for stage in ('decode', 'network', 'association', 'adaptation', 'drawing'):
        assert times['seconds'][stage] > 0
        assert stage in out
    assert '30 frames tracked' in out


def test_each_box_has_its_decision(track, sequence: Path) -> None:
    track(sequence, '--decisions')
    with open(f'out/{NAME}_decisions.csv', newline='') as file:
        decisions = list(csv.DictReader(file))
    rows = read_rows(f'out/{NAME}.txt')
    assert [(int(d['frame']), int(d['id'])) for d in decisions] == sorted(
        (int(row[FRAME]), int(row[ID])) for row in rows
    )
    assert {'start', 'appearance'} <= {d['stage'] for d in decisions}
    assert any(d['similarity'] for d in decisions)
    # What the next run is not asked for would be of tracks that are no more.
    track(sequence, '--suspicious')
    assert written() == sorted(NAME + each for each in [*FILES, '_suspicious.csv'])
    track(sequence)
    assert written() == sorted(NAME + each for each in FILES)


def test_a_video_is_tracked_with_a_detection_file(track, sequence: Path, video: Path) -> None:
    track(video, '--detections', sequence / 'det' / 'det.txt', '--trail-seconds', 0)
    assert written() == sorted('street' + each for each in FILES)
    rows = read_rows('out/street.txt')
    assert len(np.unique(rows[:, FRAME])) == 30
    assert len(frames_of('out/street.mp4')) == 30


def test_ctrl_c_leaves_what_was_tracked(track, sequence: Path, monkeypatch, capsys) -> None:
    update, count = VideoTracking.update, iter(range(100))

    def interrupted(self, *arguments):
        if next(count) == 11:  # the twelfth frame
            signal.raise_signal(signal.SIGINT)
        return update(self, *arguments)

    monkeypatch.setattr(VideoTracking, 'update', interrupted)
    handler = signal.getsignal(signal.SIGINT)
    status, said = fails(capsys, track, sequence)
    assert status == 130
    assert 'stopped by Ctrl-C after frame 12; what is written is whole' in said
    assert written() == sorted(NAME + each for each in FILES)
    assert len(frames_of(f'out/{NAME}.mp4')) == 12
    assert read_rows(f'out/{NAME}.txt')[:, FRAME].max() == 12
    assert json.loads(Path(f'out/{NAME}.json').read_text())['num_frames'] == 12
    assert signal.getsignal(signal.SIGINT) is handler


def test_ctrl_c_twice_leaves_what_was_there(track, sequence: Path, monkeypatch, capsys) -> None:
    def interrupted(self, *arguments):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    Path('out').mkdir()
    Path(f'out/{NAME}.txt').write_text('of an earlier run')
    Path(f'out/{NAME}.json').write_text('{"tracks": []}')
    monkeypatch.setattr(VideoTracking, 'update', interrupted)
    status, said = fails(capsys, track, sequence)
    assert status == 130
    assert said.endswith(': stopped by Ctrl-C: nothing is written')
    assert written() == [f'{NAME}.json', f'{NAME}.txt']
    assert Path(f'out/{NAME}.txt').read_text() == 'of an earlier run'


def test_a_video_that_is_cut_off_is_tracked_until_there(
    track, sequence: Path, video: Path, capsys
) -> None:
    content = video.read_bytes()
    video.write_bytes(content[: len(content) // 2])
    status, said = fails(capsys, track, video, '--detections', sequence / 'det' / 'det.txt')
    assert status == 1
    assert 'street.avi ends after frame' in said
    assert said.endswith('written is what was tracked until then')
    assert 5 < len(frames_of('out/street.mp4')) < 25


def test_what_cannot_be_tracked_ends_with_one_sentence(
    track, sequence: Path, video: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    cases = {
        ('97',): 'camera 97 cannot be opened',
        ('no.mp4',): 'no.mp4 does not exist',
        (video,): 'street needs a detection file in the MOTChallenge format',
        (video, '--detections', 'no.txt'): 'detections file no.txt does not exist',
        (video, '--config', 'no.py'): 'config no.py does not exist',
        (video, '--config', DEMO, '--checkpoint', 'no.pth'): 'checkpoint no.pth does not exist',
        (video, '--threads', '0'): '--threads 0 must be at least 1',
        (video, '--frame-rate', '0'): '--frame-rate 0 must be greater than 0',
        (video, '--trail-seconds', '-1'): '--trail-seconds -1 must be a number of seconds, at',
        (video, '--trail-seconds', 'inf'): '--trail-seconds inf must be a number of seconds, at',
        (video, '--classes', 'car'): '--classes are of the --detector',
        (video, '--join', '-1'): '--join -1 must be a number of seconds, at least 0',
        (video, '--smooth', '0.2'): '--smooth needs --interpolate',
        (video, '--interpolate', '0'): '--interpolate 0 must be greater than 0',
        (video, '--show'): '--show needs a display, and there is none',
    }
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    for arguments, expected in cases.items():
        status, said = fails(capsys, track, *arguments)
        assert status == 2, arguments
        assert expected in said

    Path('broken.py').write_text("_base_ = './missing.py'\n")
    status, said = fails(capsys, track, video, '--config', 'broken.py')
    assert status == 2
    assert 'missing.py' in said
    assert written() == []
    with pytest.raises(ValueError, match='needs a detection file'):
        track(video, '--debug')


def test_options_of_models_in_files(run_tool, sequence: Path, tmp_path: Path, capsys) -> None:
    path = save_bright_detector(tmp_path / 'd.onnx')
    binary = tmp_path / 'd.bin'
    binary.write_bytes(bytes(range(256)) * 40)
    options = ['--out-dir', tmp_path / 'out', '--frame-rate', '6']
    detector = ['--detector', path, '--cfg-options']
    cases = {
        ('--detections', binary): 'd.bin, line 1: a zero byte, so this is no text',
        ('--detections', binary, '--join'): '--join compares people by their appearance',
        (): 'or --detections alone, to track by motion and overlap',
        (*detector, 'model.finder.scale=2'): "OnnxMOT has no option 'finder'; it has detector",
        (*detector, 'model.detector.input_size=600'): 'input_size=600 must be height and width',
    }
    for arguments, expected in cases.items():
        status, said = fails(capsys, run_tool, 'track', sequence, *arguments, *options)
        assert status == 2, said
        assert expected in said
        assert 'TypeError' not in said
    run_tool('track', sequence, '--detections', sequence / 'det' / 'det.txt', *options)
    assert len(read_rows(tmp_path / 'out' / f'{NAME}.txt'))


def test_tracks_are_joined_and_filled_in_the_end(track, sequence: Path) -> None:
    track(sequence)
    before = read_rows(Path('out') / f'{NAME}.txt')
    track(sequence, '--join', '--interpolate', '--out-dir', 'offline')
    after = read_rows(Path('offline') / f'{NAME}.txt')
    assert len(after) >= len(before)
    for track_id in np.unique(after[:, ID]):
        frames = np.sort(after[after[:, ID] == track_id, FRAME])
        gaps = np.diff(frames)
        assert not ((gaps > 1) & (gaps <= 6)).any()  # a second at 6 frames per second
    boxes = {tuple(row) for row in after[:, [FRAME, 2, 3, 4, 5]].tolist()}
    assert {tuple(row) for row in before[:, [FRAME, 2, 3, 4, 5]].tolist()} <= boxes


class Screen:
    """Stands for the windows of OpenCV."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys, self.visible = iter([-1, ord('x'), ord('q')]), iter([1.0] * 9)
        self.shown: list[np.ndarray] = []
        self.size: tuple[int, int] | None = None
        monkeypatch.setenv('DISPLAY', ':0')
        monkeypatch.setattr(cv2, 'namedWindow', lambda name, flags: None)
        monkeypatch.setattr(cv2, 'resizeWindow', self.resize)
        monkeypatch.setattr(cv2, 'imshow', lambda name, image: self.shown.append(image))
        monkeypatch.setattr(cv2, 'waitKey', lambda milliseconds: next(self.keys))
        monkeypatch.setattr(cv2, 'getWindowProperty', lambda name, which: next(self.visible))

    def resize(self, name: str, width: int, height: int) -> None:
        self.size = width, height


def test_a_key_in_the_window_ends_it(track, sequence: Path, monkeypatch) -> None:
    screen = Screen(monkeypatch)
    track(sequence, '--show')
    assert [image.shape for image in screen.shown] == [(128, 192, 3)] * 3
    assert screen.size == (192, 128)
    assert len(frames_of(f'out/{NAME}.mp4')) == 3


def test_closing_the_window_ends_it(track, sequence: Path, monkeypatch) -> None:
    screen = Screen(monkeypatch)
    screen.visible = iter([1.0, 0.0])
    track(sequence, '--show')
    assert len(frames_of(f'out/{NAME}.mp4')) == 2


def test_a_window_that_cannot_be_opened_is_told(
    track, sequence: Path, monkeypatch, capsys
) -> None:
    def refuse(name: str, flags: int) -> None:
        raise cv2.error('no display')

    Screen(monkeypatch)
    monkeypatch.setattr(cv2, 'namedWindow', refuse)
    status, said = fails(capsys, track, sequence, '--show')
    assert status == 2
    assert '--show: OpenCV cannot open a window here: no display' in said
    assert written() == []


def test_a_text_file_among_images_is_told(
    track, sequence: Path, tmp_path: Path, log_lines: list[str]
) -> None:
    folder = tmp_path / 'walk'
    shutil.copytree(sequence / 'img1', folder)
    (folder / 'notes.txt').touch()
    track(folder, '--detections', sequence / 'det' / 'det.txt', '--frame-rate', 6)
    assert log_lines == [f'{folder}: 1 file is no image and left out: notes.txt']
    assert len(frames_of('out/walk.mp4')) == 30
    assert cv2.VideoCapture('out/walk.mp4').get(cv2.CAP_PROP_FPS) == 6


def test_the_video_of_a_live_source_keeps_its_pace(
    track, sequence: Path, monkeypatch, tmp_path: Path
) -> None:
    images = [cv2.imread(str(path)) for path in sorted((sequence / 'img1').iterdir())[:4]]

    class Camera:
        def __init__(self, address: int) -> None:
            self.left = list(images)

        def isOpened(self) -> bool:  # noqa: N802
            return True

        def get(self, key: int) -> float:
            return 10.0 if key == cv2.CAP_PROP_FPS else -1.0

        def read(self) -> tuple[bool, np.ndarray | None]:
            return (True, self.left.pop(0)) if self.left else (False, None)

        def release(self) -> None:
            pass

    seconds = iter([0.0, 0.1, 0.5, 0.6])
    monkeypatch.setattr(apis.sources.live_source, 'monotonic', lambda: next(seconds))
    with monkeypatch.context() as patch:
        patch.setattr(cv2, 'VideoCapture', Camera)
        track('0', '--detections', sequence / 'det' / 'det.txt')
    assert len(frames_of('out/camera0.mp4')) == 7
    rows = read_rows('out/camera0.txt')
    assert set(rows[:, FRAME]) <= {1, 2, 6, 7}
    assert os.path.getsize('out/camera0.mp4') > 0


def test_a_state_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'video.avi'
    path.write_bytes(b'RIFF\xe2\x0c\x17\x00AVI LIST')
    with pytest.raises(ValueError, match=r'state .*video\.avi cannot be read: give a file that'):
        load_state(MOTInferencer.__new__(MOTInferencer), str(path))


def test_a_model_that_counts_writes_the_counts_of_frames(
    run_tool, sequence: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = counting_config()
    weights = save_weights(config, tmp_path / 'weights.pth')
    config.dump(tmp_path / 'counting.py')
    options = ['--config', 'counting.py', '--checkpoint', weights, '--out-dir', 'out']
    run_tool('track', sequence, *options, '--interpolate', log_level='ERROR')
    assert written() == sorted(NAME + each for each in [*FILES, '_counts.csv'])
    with open(f'out/{NAME}_counts.csv', newline='') as file:
        lines = list(csv.DictReader(file))
    assert [int(line['frame']) for line in lines] == [*range(1, 31)]
    assert list(lines[0]) == ['frame', 'seconds', 'crowd_count', 'tracks']
    counts = [float(line['crowd_count']) for line in lines]
    assert json.loads(Path(f'out/{NAME}.json').read_text())['crowd']['counts'] == counts
    # Its tracks are no rows of more columns, and the next model's are not beside its counts.
    run_tool('track', sequence, '--detections', sequence / 'det/det.txt', '--out-dir', 'out')
    assert written() == sorted(NAME + each for each in FILES)
