import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmmaml.apis.sources import FrameSource, ImageSource, live_source, open_source
from mmmaml.visualization.videos import video_writer

SIZE = (48, 64)


def picture(number: int) -> np.ndarray:
    return np.full((*SIZE, 3), 20 * number, dtype=np.uint8)


def write_video(path: Path, num_frames: int) -> Path:
    with video_writer(path, path, 12.5) as write:
        for number in range(num_frames):
            write(picture(number % 12), path)
    return path


def levels(source: FrameSource) -> list[int]:
    """Return the argument of :func:`picture` for each frame, after lossy coding."""
    return [round(frame.image.mean() / 20) for frame in source]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images 8 to 11, whose names sort as text to 10, 11, 8, 9."""
    folder = tmp_path / 'walk'
    folder.mkdir()
    for number in (8, 9, 10, 11):
        cv2.imwrite(str(folder / f'frame_{number}.png'), picture(number))
    return folder


def test_images_come_in_the_order_of_their_numbers(folder: Path) -> None:
    source = open_source(folder)
    assert (source.name, source.num_frames, source.frame_rate) == ('walk', 4, None)
    assert not source.has_public_detections
    assert source.image_path(2) == Path('walk/img1/000002.jpg')
    assert levels(source) == [8, 9, 10, 11]
    assert all(frame.timestamp is None for frame in source)


def test_other_files_are_left_out_and_told(folder: Path, log_lines: list[str]) -> None:
    (folder / '.hidden').touch()
    (folder / 'notes.txt').write_text('about the walk')
    assert levels(open_source(str(folder))) == [8, 9, 10, 11]
    assert log_lines == [f'{folder}: 1 file is no image and left out: notes.txt']
    (folder / 'frame_9.png').write_text('no image inside')
    with pytest.raises(ValueError, match=r'frame_9\.png cannot be decoded'):
        levels(open_source(folder))


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'notes.txt').touch()
    with pytest.raises(FileNotFoundError, match=r'holds no images \(\.jpg'):
        open_source(tmp_path)


def test_a_sequence_folder_is_known_by_its_layout(
    mot_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mot_root / 'test' / 'DEMO-03'
    source = open_source(path)
    assert (source.name, source.num_frames, source.frame_rate) == ('DEMO-03', 30, 6)
    assert source.has_public_detections
    assert source.image_path(3) == path / 'img1' / '000003.jpg'
    np.testing.assert_array_equal(
        next(iter(source)).image, cv2.imread(str(path / 'img1' / '000001.jpg'))
    )
    monkeypatch.chdir(path)
    assert open_source('.').image_path(1).parent.parent.name == 'DEMO-03'

    bare = tmp_path / 'BARE'
    bare.mkdir()
    (bare / 'img1').symlink_to(path / 'img1')
    source = ImageSource(bare)  # without seqinfo.ini
    assert (source.num_frames, source.frame_rate) == (30, None)
    assert source.image_path(30) == bare / 'img1' / '000030.jpg'


def test_a_video_file(tmp_path: Path) -> None:
    source = open_source(write_video(tmp_path / 'walk.mp4', 6))
    assert (source.name, source.num_frames, source.frame_rate) == ('walk', 6, 12.5)
    assert levels(source) == list(range(6))


def test_seqinfo_need_not_say_more_than_is_asked(mot_root: Path, tmp_path: Path) -> None:
    folder = tmp_path / 'walk'
    folder.mkdir()
    (folder / 'img1').symlink_to(mot_root / 'test' / 'DEMO-03' / 'img1')
    for text, rate in (('frameRate=30000/1001', 30000 / 1001), ('', None)):
        (folder / 'seqinfo.ini').write_text(f'[Sequence]\nname=walk\n{text}\n')
        source = open_source(folder)
        assert (source.num_frames, source.frame_rate) == (30, rate)
    for text in ('frameRate=1/0', 'frameRate=30/x', 'frameRate=-25'):
        (folder / 'seqinfo.ini').write_text(f'[Sequence]\n{text}\n')
        with pytest.raises(ValueError, match=r'seqinfo\.ini: frameRate=.* (number|greater)'):
            open_source(folder)
    (folder / 'seqinfo.ini').write_text('[Sequence]\nimDir=frames\n')
    with pytest.raises(FileNotFoundError, match='holds no images'):
        open_source(folder)


def test_arrays_are_a_source() -> None:
    source = open_source([picture(1), picture(3)])
    assert (source.name, source.num_frames, source.frame_rate) == ('video', 2, None)
    assert levels(source) == [1, 3]
    assert open_source(source) is source
    assert open_source(picture(i) for i in range(2)).num_frames is None


def test_a_video_that_is_cut_off_is_told_with_its_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = write_video(tmp_path / 'whole.avi', 300)  # its index comes last, frames are found
    cut = tmp_path / 'cut.avi'
    content = whole.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    found = []
    with pytest.raises(ValueError, match=r'cut\.avi ends after frame \d+ of \d+: the file is cut'):
        found.extend(frame.image for frame in open_source(cut))
    assert 50 < len(found) < 250

    (tmp_path / 'cut.mp4').write_bytes(write_video(tmp_path / 'w.mp4', 6).read_bytes()[:300])
    with pytest.raises(OSError, match=r'cut\.mp4 cannot be opened: it is no video, cut off, or'):
        open_source(tmp_path / 'cut.mp4')


class Camera:
    """Three frames, then it is unplugged."""

    def __init__(self, address: str | int) -> None:
        self.address, self.left = address, 3

    def isOpened(self) -> bool:  # noqa: N802
        return self.address in (0, 'rtsp://me:secret@street/cam')

    def get(self, key: int) -> float:
        return {cv2.CAP_PROP_FPS: 25.0, cv2.CAP_PROP_FRAME_COUNT: -1.0}[key]

    def read(self) -> tuple[bool, np.ndarray | None]:
        self.left -= 1
        return (True, picture(self.left)) if self.left >= 0 else (False, None)

    def release(self) -> None:
        self.left = 0


@pytest.mark.parametrize(
    ('address', 'name'),
    [(0, 'camera0'), ('0', 'camera0'), ('rtsp://me:secret@street/cam', 'street_cam')],
)
def test_live_frames_carry_the_time(
    address: str | int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, 'VideoCapture', Camera)
    seconds = iter([5.0, 5.25, 6.0])
    monkeypatch.setattr(live_source, 'monotonic', lambda: next(seconds))
    source = open_source(address)
    assert (source.name, source.num_frames, source.frame_rate) == (name, None, 25)
    assert [frame.timestamp for frame in source] == [5.0, 5.25, 6.0]


def test_what_does_not_open_is_told_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OSError, match='camera 97 cannot be opened: is it plugged in'):
        open_source('97')
    assert capfd.readouterr() == ('', '')
    monkeypatch.setattr(cv2, 'VideoCapture', Camera)
    with pytest.raises(OSError, match=re.escape('rtsp://a/b cannot be opened: check address')):
        open_source('rtsp://me:secret@a/b')
    with pytest.raises(FileNotFoundError, match=r'no\.mp4 does not exist: give a video file'):
        open_source('no.mp4')
    (tmp_path / 'a.PNG').touch()
    with pytest.raises(ValueError, match='is a single picture: give the folder'):
        open_source(tmp_path / 'a.PNG')


def test_a_folder_of_digits_is_no_camera(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.rename(tmp_path / '0097')
    monkeypatch.chdir(tmp_path)
    source = open_source('0097')
    assert isinstance(source, ImageSource)
    assert (source.name, source.num_frames) == ('0097', 4)
