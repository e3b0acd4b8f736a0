"""Folders of images named as those of Market-1501, and the tasks that they make."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmmaml.datasets import EpisodicDataset, PersonFolderDataset
from mmmaml.registry import DATASETS
from mmmaml.utils import register_all_modules


def save(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for value, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((8, 4, 3), value, np.uint8))


@pytest.fixture(autouse=True)
def scope() -> None:
    register_all_modules()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve people, at cameras 1 and 2 six images each, at camera 3 two of even people."""
    for who in range(1, 13):
        counts = {1: 6, 2: 6, 3: 2 if who % 2 == 0 else 0}
        save(
            tmp_path,
            *(
                f'{who:04d}_c{c}s1_{10 * f:06d}_00.png'
                for c, n in counts.items()
                for f in range(n)
            ),
        )
    return tmp_path


def of(folder: Path, **options: object) -> PersonFolderDataset:
    return PersonFolderDataset(data_root=str(folder), **options)


def test_item_by_hand(tmp_path: Path) -> None:
    save(tmp_path / 'train', '0002_c3s1_000451_03.png')
    dataset = DATASETS.build(
        {
            'type': 'PersonFolderDataset',
            'data_root': str(tmp_path),
            'data_prefix': {'img_path': 'train'},
        }
    )
    assert dataset.get_data_info(0) == {
        'img_path': str(tmp_path / 'train' / '0002_c3s1_000451_03.png'),
        'instance_id': 2,
        'video_id': 3,
        'video': 'c3',
        'frame_id': 451,
        'sample_idx': 0,
    }


def test_recordings_of_a_camera_follow_each_other(tmp_path: Path) -> None:
    save(
        tmp_path,
        '0001_c1s1_000005_00.png',
        '0001_c1s2_000000_00.png',
        '0001_c1s2_000005_00.png',
        '0001_c2s2_000005_00.png',
    )
    assert of(tmp_path).index['frame_id'].tolist() == [5, 6, 11, 5]


def test_names_without_frame_are_a_frame_each(tmp_path: Path) -> None:
    save(tmp_path, '0001_c1.png', '0001_c1_a.png', '0001_c2_f0046182.jpg', '0002_c1_000007.png')
    index = of(tmp_path).index
    assert index['frame_id'].tolist() == [0, 1, 46182, 2]
    assert index['video_id'].tolist() == [1, 1, 2, 1]


def test_nobody_and_other_names_are_counted(tmp_path: Path, log_lines: list[str]) -> None:
    save(tmp_path, '0001_c1s1_000001_00.png', '-1_c1s1_1.png', '0000_c1s1_1.png', 'cat.png')
    assert len(of(tmp_path)) == 1
    (line,) = log_lines
    assert '1 images of 1 people at 1 cameras' in line
    assert '2 images of nobody' in line
    assert '1 files named otherwise' in line


def test_tasks_are_people_of_one_camera(folder: Path) -> None:
    tasks = EpisodicDataset(
        of(folder, pipeline=[{'type': 'LoadCrop', 'scale': (2, 4)}]), num_support=3, num_ways=5
    )
    assert len(tasks) == 24  # camera 3 has two images of a person
    for number in range(4):
        sample = tasks[number]
        assert sample['inputs'].shape == (5, 4, 3, 4, 2)
        assert len(set(sample['data_samples'].video_ids)) == 1


def test_scarce_subsets_are_drawn_once_for_a_seed(folder: Path) -> None:
    chosen = of(folder, num_people=6, images_per_person=4, seed=1).index
    again = of(folder, num_people=6, images_per_person=4, seed=1).index
    other = of(folder, num_people=6, images_per_person=4, seed=2).index
    pairs = sorted(zip(chosen['instance_id'], chosen['video_id'], strict=True))
    assert len(pairs) == 24
    assert len(set(pairs)) == 6  # one camera each
    cameras = [video for _, video in sorted(set(pairs), key=lambda pair: pair[1])]
    assert cameras == [1, 1, 1, 2, 2, 2]
    assert set(chosen['frame_id']) == {0, 20, 30, 50}  # from the first to the last
    assert all(np.array_equal(chosen[key], again[key]) for key in chosen)
    assert chosen['instance_id'].tolist() != other['instance_id'].tolist()


def test_people_alone_are_chosen_with_all_their_images(folder: Path) -> None:
    index = of(folder, num_people=3).index
    people, images = np.unique(index['instance_id'], return_counts=True)
    assert images.tolist() == [14 if who % 2 == 0 else 12 for who in people]


def test_across_cameras_a_person_is_one_identity(folder: Path) -> None:
    dataset = of(folder, across_cameras=True)
    tasks = EpisodicDataset(dataset, num_support=3, num_ways=5)
    assert len(tasks) == 12
    assert len(np.unique(dataset.index['frame_id'])) == len(dataset)
    scarce = of(folder, across_cameras=True, num_people=4, images_per_person=3)
    assert np.unique(scarce.index['instance_id'], return_counts=True)[1].tolist() == [3] * 4


def test_the_whole_image_is_the_crop(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (16, 8, 3), np.uint8)
    cv2.imwrite(str(tmp_path / '0001_c1_1.png'), image)
    item = of(tmp_path, pipeline=[{'type': 'LoadCrop', 'scale': (8, 16)}])[0]
    np.testing.assert_array_equal(item['img'], image)
    np.testing.assert_array_equal(item['crop_bbox'], [0, 0, 8, 16])


def test_bad_folders_and_arguments(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp('empty')
    with pytest.raises(FileNotFoundError, match='holds no images whose names begin like'):
        of(empty)
    with pytest.raises(FileNotFoundError, match='set data_root'):
        of(empty / 'none')
    with pytest.raises(ValueError, match=r'num_people=13, but .* has 12'):
        of(folder, num_people=13)
    for options in ({'num_people': 0}, {'images_per_person': 0}, {'seed': -1}):
        with pytest.raises(ValueError, match='must be at least'):
            of(folder, **options)
