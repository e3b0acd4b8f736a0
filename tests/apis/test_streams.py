"""Several streams under shared networks give what each gives alone."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mmmaml.apis import MOTInferencer, TrackedFrame
from mmmaml.apis.background import NewestItem
from mmmaml.apis.sources import FrameSource, LiveSource, SourceFrame
from tests.apis.bright_people import config, folder_of, frames


@pytest.fixture
def inferencer(tmp_path: Path) -> MOTInferencer:
    return MOTInferencer(config(tmp_path, num_tentatives=1))


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Videos of several lengths and contents."""
    return [
        folder_of(tmp_path / f'video{number}', frames(length, start))
        for number, (length, start) in enumerate(((12, 1), (5, 3), (9, 2)))
    ]


def rows(found: list[TrackedFrame]) -> np.ndarray:
    return np.concatenate([each.tracks.rows() for each in found])


@pytest.mark.parametrize('workers', [1, 2, 3])
def test_each_stream_is_tracked_as_if_it_were_alone(
    inferencer: MOTInferencer, folders: list[Path], workers: int
) -> None:
    alone = [rows(list(inferencer.stream(folder))) for folder in folders]
    assert [len(each) for each in alone] == [24, 10, 18]
    found: list[list[TrackedFrame]] = [[], [], []]
    threads = threading.active_count()
    for frame in inferencer.streams(folders, workers=workers):
        found[frame.stream].append(frame)
    assert threading.active_count() == threads
    for number, expected in enumerate(alone):
        np.testing.assert_array_equal(rows(found[number]), expected)
        assert found[number][0].source.name == f'video{number}'
        assert found[number][0].seconds['network'] > 0
    assert inferencer.model.detector.session.threads is None


def test_detections_of_the_caller_go_before_the_detector(
    inferencer: MOTInferencer, folders: list[Path], tmp_path: Path
) -> None:
    boxes = [np.array([[32.0 + i, 64, 64 + i, 128, 0.9]]) for i in range(12)]
    path = tmp_path / 'boxes.txt'
    path.write_text('1,-1,10,20,30,60,0.9\n2,-1,11,20,30,60,0.9\n')
    given = [boxes, path, None]
    found: list[list[TrackedFrame]] = [[], [], []]
    for frame in inferencer.streams(folders, given, workers=2):
        found[frame.stream].append(frame)
    for number in range(3):
        alone = list(inferencer.stream(folders[number], given[number]))
        np.testing.assert_array_equal(rows(found[number]), rows(alone))
    assert [len(rows(each)) for each in found] == [12, 2, 18]


def broken(images: list[np.ndarray]) -> Iterator[np.ndarray]:
    yield from images
    raise ValueError('the cable is out')


def test_an_error_of_one_stream_comes_in_its_place_and_the_others_go_on(
    inferencer: MOTInferencer,
) -> None:
    sources = [FrameSource(frames(8)), FrameSource(broken(frames(3)))]
    seen: list[object] = []
    for frame in inferencer.streams(sources, workers=2, on_error=lambda *pair: seen.append(pair)):
        seen.append(frame.stream)
    assert seen.count(0) == 8
    (place,) = [at for at, each in enumerate(seen) if isinstance(each, tuple)]
    assert seen[:place].count(1) == seen.count(1) == 3
    assert str(seen[place][1]) == 'the cable is out'  # type: ignore[index]

    sources = [FrameSource(frames(8)), FrameSource(broken(frames(3)))]
    running = inferencer.streams(sources, workers=2)
    with pytest.raises(ValueError, match='the cable is out'):
        list(running)


def test_closing_early_frees_all_threads(inferencer: MOTInferencer, folders: list[Path]) -> None:
    threads = threading.active_count()
    for running in (inferencer.streams(folders, workers=2), inferencer.stream(folders[0])):
        next(running)
        assert threading.active_count() > threads
        running.close()
        assert threading.active_count() == threads


def test_a_stream_says_what_each_frame_took(inferencer: MOTInferencer, folders) -> None:
    found = list(inferencer.stream(folders[0]))
    pairs = list(inferencer.track(folders[0]))
    assert len(found) == len(pairs) == 12
    for each, (image, tracks) in zip(found, pairs, strict=True):
        np.testing.assert_array_equal(each.image, image)
        np.testing.assert_array_equal(each.tracks.rows(), tracks.rows())
        assert {'decode', 'network', 'association'} <= set(each.seconds)
    inferencer.clock.reset()
    total = sum(sum(each.seconds.values()) for each in inferencer.stream(folders[0]))
    assert total == pytest.approx(sum(inferencer.clock.seconds.values()), rel=0.05)


def test_models_without_batches_share_their_networks_too(mot_root: Path, tmp_path: Path) -> None:
    from tests.apis.small_model import save_weights, small_config

    small = small_config(mot_root)
    inferencer = MOTInferencer(small, save_weights(small, tmp_path / 'weights.pth'))
    sequence = mot_root / 'test' / 'DEMO-03'
    alone = rows(list(inferencer.stream(sequence)))
    found: list[list[TrackedFrame]] = [[], []]
    for frame in inferencer.streams([sequence, sequence]):
        found[frame.stream].append(frame)
    for each in found:
        np.testing.assert_array_equal(rows(each), alone)
    assert len(alone) > 30


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'sources': []}, 'there are 0 sources'),
        ({'sources': ['a'], 'detections': [None, None]}, '1 sources and 2 detections'),
        ({'sources': ['a'], 'workers': 0}, 'workers=0 must be at least 1'),
    ],
)
def test_what_cannot_be_is_refused(inferencer: MOTInferencer, options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inferencer.streams(**options)


class Camera(LiveSource):
    """Black frames without an end."""

    def __init__(self) -> None:
        FrameSource.__init__(self, (), 'camera')
        self.address = 0

    def __iter__(self) -> Iterator[SourceFrame]:
        while True:
            time.sleep(0.01)
            yield SourceFrame(np.zeros((416, 416, 3), np.uint8), timestamp=time.monotonic())


def test_no_thread_reads_for_streams_that_are_not_tracked(
    inferencer: MOTInferencer, folders: list[Path], tmp_path: Path
) -> None:
    threads = threading.active_count()
    with pytest.raises(FileNotFoundError, match='missing'):
        inferencer.streams([Camera(), tmp_path / 'missing.mp4'])
    running = inferencer.streams([Camera(), folders[0]])
    assert threading.active_count() == threads
    assert next(running).tracks.frame == 1
    assert threading.active_count() > threads
    running.close()
    assert threading.active_count() == threads


def test_a_video_does_not_go_on_after_another_has_begun(
    inferencer: MOTInferencer, folders: list[Path]
) -> None:
    alone = rows(list(inferencer.stream(folders[1])))
    first = inferencer.track(folders[0])
    assert [next(first)[1].frame for _ in range(3)] == [1, 2, 3]
    second = inferencer.stream(folders[1])
    found = [next(second), next(second)]
    with pytest.raises(ValueError, match='cannot go on after frame 3: this inferencer has taken'):
        next(first)
    np.testing.assert_array_equal(rows([*found, *second]), alone)
    third = inferencer.track(folders[1])
    image, _ = next(third)
    assert inferencer.update(image).frame == 2
    with pytest.raises(ValueError, match='cannot go on after frame 1'):
        next(third)


def test_an_error_before_the_first_item_is_told() -> None:
    class Unplugged:
        def __iter__(self) -> Iterator[int]:
            raise OSError('no camera')

    newest = NewestItem(Unplugged())
    with pytest.raises(OSError, match='no camera'):
        newest.get(5.0)
    assert newest.ended


def test_the_newest_item_is_kept_and_the_end_is_told() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise OSError('gone')

    newest = NewestItem(items())
    time.sleep(0.1)
    assert newest.get(1.0) == 4
    with pytest.raises(OSError, match='gone'):
        newest.get(1.0)
    assert newest.ended
    assert newest.get(0.0) is None
    newest.close()
