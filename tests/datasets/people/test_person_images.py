"""Images of known people, by the names of Market-1501 or from ground truth."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmmaml.datasets.people.person_images import find_person_images


def save(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((8, 4, 3), value, np.uint8))


def test_a_person_at_two_cameras_counts_as_two(tmp_path: Path) -> None:
    names = {
        '0007_c1s1_000001_00.png': 10,
        '0007_c1s1_000002_00.png': 11,
        '0007_c2s1_000003_00.png': 20,
        '0007_c2s1_000004_00.png': 21,
        '0008_c1s1_000001_00.png': 30,  # one image alone
        '-1_c1s1_000001_00.png': 40,  # nobody
        '0000_c1s1_000001_00.png': 50,  # nobody either
        '0000_c1s1_000002_00.png': 50,
    }
    for name, value in names.items():
        save(tmp_path / 'deep' / name, value)
    people = find_person_images(tmp_path, most=8)
    assert (people.num_people, people.num_images) == (2, 4)
    assert [(who, int(image[0, 0, 0])) for who, image in people.read()] == [
        (0, 10),
        (0, 11),
        (1, 20),
        (1, 21),
    ]


def test_of_many_images_some_are_taken_from_first_to_last(tmp_path: Path) -> None:
    for number in range(9):
        save(tmp_path / f'0001_c1s1_{number:06d}.png', number)
    people = find_person_images(tmp_path, most=3)
    assert [int(image[0, 0, 0]) for _, image in people.read()] == [0, 4, 8]


def test_ground_truth_gives_what_is_considered_and_seen(tmp_path: Path) -> None:
    sequence = tmp_path / 'train' / 'SEQ'
    for number in (1, 2):
        frame = np.zeros((20, 30, 3), np.uint8)
        frame[5:15, 10:14] = 100 + number
        (sequence / 'img1').mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(sequence / 'img1' / f'{number:06d}.png'), frame)
    rows = [
        f'{frame},{who},11,6,4,10,{flag},{kind},{seen}'
        for frame in (1, 2)
        for who, flag, kind, seen in ((1, 1, 1, 1), (2, 0, 1, 1), (3, 1, 3, 1), (4, 1, 1, 0.1))
    ]
    (sequence / 'gt').mkdir()
    (sequence / 'gt' / 'gt.txt').write_text('\n'.join(rows) + '\n')
    (sequence / 'seqinfo.ini').write_text('[Sequence]\nname=SEQ\nseqLength=2\nimExt=.png\n')
    for folder in (tmp_path, tmp_path / 'train', sequence):
        people = find_person_images(folder, most=8)
        assert people.num_people == 1
        crops = [image for _, image in people.read()]
        assert [image.max() for image in crops] == [101, 102]


def test_boxes_that_show_nothing_are_left_out_and_counted(
    tmp_path: Path, log_lines: list[str]
) -> None:
    for number in (1, 2, 3, 4):
        save(tmp_path / 'img1' / f'{number:06d}.png', number)
    (tmp_path / 'gt').mkdir()
    boxes = ['1,1,1,1,2,4', '2,1,1,1,0,4', '3,1,90,1,2,4', '4,1,3.5,-2,5,4']
    (tmp_path / 'gt' / 'gt.txt').write_text('\n'.join(f'{box},1,1,1' for box in boxes))
    stated = 'name=S\nseqLength=4\nimExt=.png\n'
    (tmp_path / 'seqinfo.ini').write_text(f'[Sequence]\n{stated}imWidth=4\nimHeight=8\n')
    people = find_person_images(tmp_path, most=8)
    assert [int(image.max()) for _, image in people.read()] == [1, 4]
    assert '2 of 4 boxes have no area, or none within the frame' in log_lines[-1]
    (tmp_path / 'seqinfo.ini').write_text(f'[Sequence]\n{stated}')
    assert find_person_images(tmp_path, most=8).num_images == 3


def test_folders_without_people(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='no images whose names begin like'):
        find_person_images(tmp_path, most=8)
    with pytest.raises(FileNotFoundError, match='is no folder'):
        find_person_images(tmp_path / 'none', most=8)
    save(tmp_path / '0001_c1s1_000001.png', 1)
    with pytest.raises(ValueError, match='nobody has two images'):
        find_person_images(tmp_path, most=8)
