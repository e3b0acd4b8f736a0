import importlib.util
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.datasets.checks import check_dataset
from mmmaml.datasets.conversion import convert_mot
from mmmaml.datasets.conversion.cvat_video import read_cvat_video
from mmmaml.utils.mot_files import CLASSES, read_rows, read_seqinfo
from tests.apis.sources.videos import ONE, encode, number_of, picture
from tests.properties import bounded

from .cvat_export import frame_names, mot_files, write_folder, write_zip

TOOL = Path(__file__).parents[3] / 'tools' / 'dataset_converters' / 'cvat2mot.py'
LABELS = ['car', 'person', 'dog']
ROWS = [
    (1, 1, 5.5, 5, 20, 30, 1, 2, 1.0),
    (2, 1, 6.5, 5, 20, 30, 1, 2, 0.5),
    (2, 2, 1, 1, 9, 9, 1, 1, 1.0),
    (3, 3, 1, 1, 9, 9, 0, 3, 1.0),
]


@pytest.fixture
def run():
    spec = importlib.util.spec_from_file_location('cvat2mot', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda *args: module.main([*map(str, args), '--frame-rate', '25'])


@pytest.mark.parametrize('packed', [True, False])
def test_an_export_as_it_comes_goes_into_training(run, tmp_path, capsys, packed):
    files = mot_files(ROWS, LABELS, frame_names(4))
    source = tmp_path / 'in'
    if packed:
        source.mkdir()
        source = write_zip(source / 'task_street 1_annotations_2026_01_02_03_mot 1.1.zip', files)
    else:
        source = write_folder(source / 'street_1', files)
    root = tmp_path / 'data'

    assert run(source, '--out-dir', root / 'train') == 0

    folder = root / 'train' / 'street_1'
    out = capsys.readouterr().out
    assert f'{folder}: 4 frames, boxes 2 pedestrian, 1 car' in out
    assert 'left out, not asked for: 1 dog' in out
    info = read_seqinfo(folder)
    assert (info.num_frames, info.width, info.height, info.frame_rate) == (4, 64, 48, 25)
    rows = read_rows(folder / 'gt' / 'gt.txt')
    np.testing.assert_array_equal(
        rows[:, [0, 1, 2, 7, 8]], [[1, 1, 5.5, 1, 1], [2, 1, 6.5, 1, 0.5], [2, 2, 1, 3, 1]]
    )
    # Frame 1 is frame_000000.PNG.
    for number in range(1, 5):
        assert (cv2.imread(str(info.image_path(number))) == 9 * (number - 1)).all()
    assert check_dataset(root).of('error') == []
    convert_mot(root)


@bounded
@given(st.permutations(['person', 'car', 'tree', 'bicycle']), st.integers(0, 3))
def test_classes_go_by_their_names_in_any_order(tmp_path_factory, labels, chosen):
    tmp_path = tmp_path_factory.mktemp('cvat')
    rows = [(k + 1, k + 1, 5, 5, 20, 30, 1, k + 1, 1) for k in range(4)]
    source = write_folder(tmp_path / 'A', mot_files(rows, labels, frame_names(4)))
    spec = importlib.util.spec_from_file_location('cvat2mot', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    common = [str(source), '--frame-rate', '25', '--out-dir']
    assert module.main([*common, str(tmp_path / 'out')]) == 0
    found = {row[0]: CLASSES[int(row[7]) - 1] for row in read_rows(tmp_path / 'out/A/gt/gt.txt')}
    meant = {'person': 'pedestrian', 'car': 'car', 'bicycle': 'bicycle'}
    assert found == {k + 1: meant[name] for k, name in enumerate(labels) if name in meant}

    option = ['--classes', f'{labels[chosen]}=pedestrian']
    assert module.main([*common, str(tmp_path / 'one'), *option]) == 0
    assert read_rows(tmp_path / 'one/A/gt/gt.txt')[:, [0, 7]].tolist() == [[chosen + 1, 1]]


def test_several_tasks_from_archives_and_folders(run, tmp_path):
    source = tmp_path / 'in'
    source.mkdir()
    files = mot_files(ROWS[:2], LABELS, frame_names(2))
    write_zip(source / 'A.zip', files)
    write_zip(source / 'both.zip', {f'{n}/{k}': v for n in 'BC' for k, v in files.items()})
    write_folder(source / 'D', files)
    assert run(source, '--out-dir', tmp_path / 'out') == 0
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == ['A', 'B', 'C', 'D']
    # Nothing that is there is written over.
    assert run(source / 'A.zip', '--out-dir', tmp_path / 'out') == 2


@pytest.mark.parametrize(('first', 'step'), [(0, 1), (100, 1), (0, 5), (1, 1)])
def test_the_first_image_is_frame_1_whatever_its_name(run, tmp_path, first, step):
    files = mot_files(ROWS[:2], LABELS, frame_names(3, first, step))
    assert run(write_zip(tmp_path / 'A.zip', files), '--out-dir', tmp_path / 'out') == 0
    info = read_seqinfo(tmp_path / 'out' / 'A')
    assert (cv2.imread(str(info.image_path(3))) == 18).all()


def test_images_from_elsewhere(run, tmp_path):
    source = write_zip(tmp_path / 'A.zip', mot_files(ROWS[:2], LABELS))
    images = write_folder(tmp_path / 'frames', mot_files([], [], ['a1.png', 'a2.png', 'a10.png']))
    options = ['--images', images / 'img1']
    assert run(source, '--out-dir', tmp_path / 'out', *options) == 0
    info = read_seqinfo(tmp_path / 'out' / 'A')
    assert info.num_frames == 3
    assert (cv2.imread(str(info.image_path(3))) == 18).all()  # a10 comes after a2


def test_a_video_gives_the_frames_that_a_player_shows(run, tmp_path):
    source = write_zip(tmp_path / 'A.zip', mot_files(ROWS[:2], LABELS))
    quarter_turn = (0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30)
    turned = [np.ascontiguousarray(np.rot90(picture(number))) for number in (1, 2, 3)]
    video = encode(tmp_path / 'phone.mp4', turned, matrix=quarter_turn)
    assert run(source, '--out-dir', tmp_path / 'out', '--images', video) == 0
    info = read_seqinfo(tmp_path / 'out' / 'A')
    images = [cv2.imread(str(info.image_path(number))) for number in (1, 2, 3)]
    assert list(map(number_of, images)) == [1, 2, 3]


def test_a_frame_that_cannot_be_written_ends_it(run, tmp_path, capsys, monkeypatch):
    source = write_zip(tmp_path / 'A.zip', mot_files(ROWS[:2], LABELS))
    video = encode(tmp_path / 'video.mp4', [picture(number) for number in (1, 2, 3)])
    monkeypatch.setattr(cv2, 'imwrite', lambda path, *_: not path.endswith('000002.jpg'))
    assert run(source, '--out-dir', tmp_path / 'out', '--images', video) == 2
    assert 'frame 2 cannot be written' in capsys.readouterr().err
    assert not (tmp_path / 'out' / 'A').exists()


def test_a_file_that_is_no_video(run, tmp_path, capsys):
    source = write_zip(tmp_path / 'A.zip', mot_files(ROWS[:2], LABELS))
    (tmp_path / 'no.mp4').write_bytes(b'no video')
    assert run(source, '--out-dir', tmp_path / 'out', '--images', tmp_path / 'no.mp4') == 2
    assert 'no.mp4 cannot be opened' in capsys.readouterr().err
    assert not (tmp_path / 'out' / 'A').exists()


VIDEO = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<track id="7" label="person">
<box frame="0" xtl="5.5" ytl="5" xbr="25.5" ybr="35" outside="0" occluded="0" keyframe="1"></box>
<box frame="1" xtl="6.5" ytl="5" xbr="26.5" ybr="35" outside="0" occluded="1" keyframe="0"></box>
<box frame="2" xtl="6.5" ytl="5" xbr="26.5" ybr="35" outside="1" occluded="0" keyframe="1"></box>
</track></annotations>"""


def test_cvat_for_video(run, tmp_path):
    images = {f'images/{name}': data for name, data in zip(
        frame_names(3), list(mot_files([], [], frame_names(3)).values())[2:], strict=True
    )}  # fmt: skip
    source = write_zip(tmp_path / 'A.zip', {'annotations.xml': VIDEO.encode(), **images})
    assert run(source, '--out-dir', tmp_path / 'out') == 0
    assert read_rows(tmp_path / 'out' / 'A' / 'gt' / 'gt.txt').tolist() == [
        [1, 1, 5.5, 5, 20, 30, 1, 1, 1],
        [2, 1, 6.5, 5, 20, 30, 1, 1, 0],
    ]


@pytest.mark.parametrize(
    ('change', 'options', 'message'),
    [
        ({'gt/labels.txt': b'car\ndog\nx'}, [], 'no label means a pedestrian'),
        ({}, ['--classes', 'man=pedestrian'], "has no label 'man'; there are car, person, dog"),
        ({}, ['--classes', 'dog=cat'], "'cat' is no class"),
        ({}, ['--classes', 'dog'], 'expected LABEL=CLASS'),
        ({'gt/labels.txt': None}, [], 'labels.txt is missing'),
        ({'gt/gt.txt': b'1,1,5,,5,20,30,1,2\n'}, [], 'line 1: .* has nothing in column 4'),
        ({'gt/gt.txt': b'1,1,5,5,20,30,1,9,1\n'}, [], 'class 9 is not in labels.txt, which has 3'),
        ({'gt/gt.txt': b'9,1,5,5,20,30,1,2,1\n'}, [], 'rows are off by 8'),
        ({'gt/gt.txt': b'1,1,5,5,20,30,1\n'}, [], 'no class'),
        ({'gt/gt.txt': None}, [], 'holds neither gt/gt.txt nor annotations.xml'),
        ({'img1/extra.jpg': b'x'}, [], 'several kinds'),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_written(
    run, tmp_path, capsys, change, options, message
):
    files = {**mot_files(ROWS, LABELS, frame_names(3)), **change}
    kept = {name: data for name, data in files.items() if data is not None}
    source = write_zip(tmp_path / 'A.zip', kept)
    assert run(source, '--out-dir', tmp_path / 'out', *options) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1
    assert re.search(message, error), error
    assert not list(tmp_path.glob('out/*'))


def test_rows_after_the_last_image_are_counted(run, tmp_path, capsys):
    source = write_zip(tmp_path / 'A.zip', mot_files(ROWS, LABELS, frame_names(1)))
    assert run(source, '--out-dir', tmp_path / 'out') == 0
    assert '2 of 3 rows are of frames after the last picture (1)' in capsys.readouterr().out
    assert len(read_rows(tmp_path / 'out' / 'A' / 'gt' / 'gt.txt')) == 1


def test_boxes_of_another_convention_are_warned_of(run, tmp_path, capsys):
    rows = [(k, 1, 0.1, 0.2, 0.3, 0.4, 1, 2, 1) for k in (1, 2, 3)]
    source = write_zip(tmp_path / 'A.zip', mot_files(rows, LABELS, frame_names(3)))
    assert run(source, '--out-dir', tmp_path / 'out') == 0
    assert 'warning: 3 of 3 boxes are less than 2 pixels' in capsys.readouterr().out


def test_one_bad_export_leaves_all_unwritten(run, tmp_path):
    good = write_zip(tmp_path / 'A.zip', mot_files(ROWS[:2], LABELS, frame_names(2)))
    bad = write_zip(tmp_path / 'B.zip', mot_files([(1, 1, 'x')], LABELS, frame_names(2)))
    assert run(good, bad, '--out-dir', tmp_path / 'out') == 2
    assert not (tmp_path / 'out').exists()


def test_files_that_are_no_images_are_counted(run, tmp_path, capsys):
    files = {**mot_files(ROWS[:2], LABELS, frame_names(2)), 'img1/notes.txt': b'x'}
    assert run(write_zip(tmp_path / 'A.zip', files), '--out-dir', tmp_path / 'out') == 0
    assert '1 of 3 files are no images and not used' in capsys.readouterr().out


def test_no_archive(run, tmp_path, capsys):
    (tmp_path / 'A.zip').write_text('no')
    assert run(tmp_path / 'A.zip', '--out-dir', tmp_path / 'out') == 2
    assert 'neither a folder nor a zip archive' in capsys.readouterr().err
    assert run(tmp_path / 'B.zip', '--out-dir', tmp_path / 'out') == 2
    assert 'B.zip does not exist' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (('xtl=', 'left='), "track 0: a box lacks 'xtl'"),
        (('xtl="', 'xtl="a'), 'a box is no box: c'),
    ],
)
def test_a_box_that_is_none_is_named(change: tuple[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_cvat_video(VIDEO.replace(*change), 'v.xml')
