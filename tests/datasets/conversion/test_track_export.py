"""Tracks written for other tools are read again here as they were."""

import importlib.util
import json
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.datasets.coco_vid import read_boxes
from mmmaml.datasets.conversion.track_export import FORMATS, read_tracks
from mmmaml.utils.mot_files import SequenceInfo, read_rows, write_results
from tests.datasets.mot_folder import write_sequence
from tests.properties import bounded, refusal

TOOLS = Path(__file__).parents[3] / 'tools' / 'dataset_converters'
ROWS = np.array(
    [[1, 0, 5, 5, 20, 30, 0.9], [2, 0, 6, 5, 20, 30, 0.8], [4, 0, 7, 5, 20, 30, 0.7],
     [2, 3, 30, 5.5, 10.25, 30, 0.9]]
)  # fmt: skip


INFO = SequenceInfo('A', Path('A'), 'img1', '.jpg', 25.0, num_frames=5, width=640, height=480)


def tool(name):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


@pytest.fixture
def folder(tmp_path):
    write_sequence(tmp_path / 'train' / 'A', gt=None, num_frames=5)
    write_results(tmp_path / 'tracks' / 'A.txt', ROWS)
    return tmp_path


def export(folder, kind):
    assert tool('export_tracks')([
        str(folder / 'tracks'), '--format', kind, '--out-dir', str(folder / kind),
        '--sequences', str(folder / 'train'),
    ]) == 0  # fmt: skip
    return folder / kind / FORMATS[kind][0].format(name='A')


@pytest.mark.parametrize('kind', ['cvat-mot', 'cvat-video'])
def test_what_goes_to_cvat_comes_back(folder, kind):
    source = export(folder, kind)
    assert tool('cvat2mot')([
        str(source), '--frame-rate', '30', '--out-dir', str(folder / 'back'),
        '--images', str(folder / 'train' / 'A' / 'img1'),
    ]) == 0  # fmt: skip
    back = read_rows(folder / 'back' / 'A' / 'gt' / 'gt.txt')
    back = back[np.lexsort((back[:, 0], back[:, 1]))]
    np.testing.assert_allclose(back[:, [0, 2, 3, 4, 5]], ROWS[:, [0, 2, 3, 4, 5]], atol=1e-3)
    # Id 0 would be no track to CVAT.
    assert back[:, 1].min() > 0
    assert [len(set(back[k, 1])) for k in (slice(0, 3), slice(3, 4))] == [1, 1]
    assert back[0, 1] != back[3, 1]


def test_a_pause_ends_in_a_box_that_is_outside(folder):
    track, other = ElementTree.parse(export(folder, 'cvat-video')).getroot().iter('track')
    marks = [(int(box.get('frame')), box.get('outside')) for box in track]
    assert marks == [(0, '0'), (1, '0'), (2, '1'), (3, '0'), (4, '1')]
    assert [(box.get('frame'), box.get('outside')) for box in other] == [('1', '0'), ('2', '1')]


def test_coco_is_read_by_the_datasets(folder):
    table, considered = read_boxes(str(export(folder, 'coco')), ['pedestrian'])
    assert considered.all()
    assert len(table.images) == 5
    frames = table.images.frame_id[table.image] + 1
    np.testing.assert_array_equal(frames, [1, 2, 2, 4])
    np.testing.assert_array_equal(np.unique(table.instance_id), [0, 1])


def test_mot_is_a_ground_truth(folder):
    rows = read_rows(export(folder, 'mot'))
    assert (rows[:, 6:] == 1).all()
    np.testing.assert_array_equal(rows[:, 1], [0, 0, 3, 0])


def test_labels_of_the_archive(folder):
    with zipfile.ZipFile(export(folder, 'cvat-mot')) as archive:
        assert sorted(archive.namelist()) == ['gt/gt.txt', 'gt/labels.txt']
        assert archive.read('gt/labels.txt') == b'pedestrian\n'
        first = archive.read('gt/gt.txt').decode().splitlines()[0]
    assert first == '1,1,5,5,20,30,1,1,1'


@bounded
@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(1, 7), st.sampled_from([0, 5])),
                unique_by=lambda each: each[:2], max_size=8))  # fmt: skip
def test_every_row_is_written_or_counted(tmp_path, keys):
    rows = np.array([[f, i, 1, 1, w, 9, 1] for i, f, w in keys]).reshape(-1, 7)
    write_results(tmp_path / 'A.txt', rows)
    read = []
    message = refusal(lambda: read.append(read_tracks(tmp_path / 'A.txt', INFO)))
    if message:
        assert 'off by' in message
        assert (rows[:, 0] > 5).all()
        return
    ((kept, said),) = read
    good = (rows[:, 0] <= 5) & (rows[:, 1] >= 0) & (rows[:, 4] > 0)
    assert len(kept) == good.sum()
    assert bool(said) == (not good.all())


@pytest.mark.parametrize('kind', ['cvat-video', 'coco'])
def test_formats_that_need_the_sequence(folder, capsys, kind):
    arguments = [str(folder / 'tracks'), '--format', kind, '--out-dir', str(folder / 'out')]
    assert tool('export_tracks')(arguments) == 2
    assert '--sequences' in capsys.readouterr().err


def test_boxes_of_another_convention_are_warned_of(folder, capsys):
    write_results(folder / 'tracks' / 'A.txt', ROWS / (1, 1, 64, 48, 64, 48, 1))
    export(folder, 'mot')
    assert 'parts of the image (0 to 1)' in capsys.readouterr().err


def test_nothing_is_written_over(folder, capsys):
    export(folder, 'mot')
    arguments = [str(folder / 'tracks'), '--format', 'mot', '--out-dir', str(folder / 'mot')]
    assert tool('export_tracks')(arguments) == 2
    assert 'is there already' in capsys.readouterr().err


def test_two_files_of_one_name_never_become_one(folder, capsys):
    write_results(folder / 'more' / 'A.txt', ROWS[:1])
    places = [str(folder / 'tracks'), str(folder / 'more')]
    assert tool('export_tracks')([*places, '--format', 'mot', '--out-dir', f'{folder}/out']) == 2
    said = capsys.readouterr().err
    assert 'tracks/A.txt and ' in said
    assert 'more/A.txt would both be written as' in said
    assert not (folder / 'out').exists()


def test_annotations_of_coco_count_from_one(folder):
    document = json.loads(export(folder, 'coco').read_text())
    assert [each['id'] for each in document['annotations']] == [1, 2, 3, 4]
