from pathlib import Path

import cv2
import numpy as np
import pytest

from mmmaml.datasets.checks.check_frames import check_frames, find_frames
from mmmaml.utils.mot_files import read_stated_seqinfo
from tests.datasets.mot_folder import write_sequence


def find(folder):
    info, frames, problems = find_frames(read_stated_seqinfo(folder))
    return info, list(frames), [(p.severity, p.path.name, p.frames) for p in problems], problems


def test_a_whole_sequence(tmp_path):
    info, frames, problems, _ = find(write_sequence(tmp_path / 'A', digits=8))

    assert (info.num_frames, info.digits, frames, problems) == (4, 8, [1, 2, 3, 4], [])


def test_all_missing_frames_are_named(tmp_path):
    folder = write_sequence(tmp_path / 'A', num_frames=9)
    for number in (1, 4, 5):
        (folder / 'img1' / f'{number:06d}.jpg').unlink()
    info, _, problems, (problem,) = find(folder)

    assert problems == [('error', 'img1', (1, 4, 5))]
    assert 'first 000001.jpg' in problem.message
    assert info.num_frames == 9


def test_fewer_and_more_images_than_stated(tmp_path):
    info, _, problems, (problem,) = find(write_sequence(tmp_path / 'A', stated_frames=600))
    assert (info.num_frames, problems) == (4, [('warning', 'seqinfo.ini', ())])
    assert problem.message.startswith('states 600 frames, images are there up to 4')

    info, frames, problems, _ = find(write_sequence(tmp_path / 'B', stated_frames=2))
    assert (info.num_frames, frames) == (2, [1, 2])
    assert problems == [('warning', 'seqinfo.ini', (3, 4))]


def test_no_folder_and_no_frame_of_that_kind(tmp_path):
    folder = write_sequence(tmp_path / 'A', num_frames=1)
    frame = folder / 'img1' / '000001.jpg'
    frame.rename(frame.with_suffix('.png'))
    *_, problems = find(folder)
    assert [p.severity for p in problems] == ['warning', 'error']
    assert '1 files are no frames (a number and .jpg, as imExt says)' in problems[0].message
    assert '1 of .png' in problems[0].message
    assert problems[1].message == 'holds no frame such as 000001.jpg (imExt, seqLength)'

    frame.with_suffix('.png').unlink()
    frame.parent.rmdir()
    assert find(folder)[2] == [('error', 'img1', ())]


def test_files_that_are_no_frames(tmp_path):
    folder = write_sequence(tmp_path / 'A')
    for name in ('notes.txt', '000000.jpg', '.DS_Store', 'cover.jpg'):
        (folder / 'img1' / name).touch()
    info, _, problems, (others, zero) = find(folder)

    assert [each[0] for each in problems] == ['warning', 'error']
    assert '2 files' in others.message
    assert 'first cover.jpg' in others.message
    assert zero.message.startswith('000000.jpg is frame 0, but frames are numbered from 1')
    assert 'off by 1' in zero.message
    assert info.num_frames == 4


def test_frames_of_different_digits(tmp_path):
    folder = write_sequence(tmp_path / 'A')
    (folder / 'img1' / '3.jpg').touch()

    assert ('error', 'img1', ()) in find(folder)[2]


@pytest.mark.parametrize('fast', [True, False])
def test_frames_that_cannot_be_read_or_have_another_size(tmp_path, fast):
    folder = write_sequence(tmp_path / 'A', num_frames=6)
    images = folder / 'img1'
    (images / '000002.jpg').write_bytes(b'')
    (images / '000003.jpg').write_text('no image')
    cv2.imwrite(str(images / '000005.jpg'), np.zeros((10, 20, 3), np.uint8))
    cut = (images / '000006.jpg').read_bytes()
    (images / '000006.jpg').write_bytes(cut[:-10])
    info, frames, _ = find_frames(read_stated_seqinfo(folder))
    calls: list[Path] = []

    size, broken = check_frames(info, frames, fast, lambda: calls.append(folder))

    assert (size.severity, size.frames) == ('error', (5,))
    assert size.message == 'frames of 20x10 pixels, seqinfo.ini states 64x48'
    # A file that is cut off has a good header.
    assert broken.frames == ((2, 3) if fast else (2, 3, 6))
    assert 'first 000002.jpg' in broken.message
    assert len(calls) == 6
