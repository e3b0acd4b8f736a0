"""Real sequences go through check, conversion and datasets unchanged.

They lie in the folder that MMMAML_REAL_DATA names: MOT15/train/{PETS09-S2L1,TUD-Stadtmitte},
TownCentre/train/TownCentre-248 and MOT17-mini, the last also in ../shared/data beside the project.
Without them these tests skip.
"""

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest

from mmmaml.datasets import MOTCropDataset, MOTVideoDataset, convert_mot
from mmmaml.datasets.checks import check_dataset
from mmmaml.utils.box_conventions import find_suspicions
from mmmaml.utils.mot_files import LEFT, SCORE, read_rows, read_stated_seqinfo
from mmmaml.utils.mot_truth import read_truth

ROOT = Path(__file__).parents[2]
PLACES = (Path(os.environ.get('MMMAML_REAL_DATA', 'nowhere')), ROOT.parent / 'shared' / 'data')
SETS = ('MOT15', 'TownCentre', 'MOT17-mini')
HOLDS = {'MOT15': (2, 5806, 29), 'TownCentre': (1, 2008, 20), 'MOT17-mini': (2, 948, 138)}
"""Sequences, boxes and identities."""


@pytest.fixture(params=SETS)
def data(request):
    """Name and folder of a set of real sequences."""
    for folder in (place / request.param for place in PLACES):
        if (folder / 'train').is_dir():
            return request.param, folder
    pytest.skip(f'{request.param} is not there: name the folder it is in by MMMAML_REAL_DATA')


def test_nothing_stands_in_the_way(data, tmp_path):
    name, folder = data
    report = check_dataset(folder, fast=True)
    assert report.of('error') == []
    (path,) = convert_mot(folder, tmp_path, half_split=False)
    content = json.loads(path.read_text())
    boxes = content['annotations']
    known = {box['instance_id'] for box in boxes}
    assert (len(content['videos']), len(boxes), len(known)) == HOLDS[name]
    assert sum(each.num_boxes for each in report.sequences) == len(boxes)
    common = {'ann_file': str(path), 'data_prefix': {'img_path': str(folder / 'train')}}
    crops = MOTCropDataset(min_visibility=0, min_height=2, **common)
    assert 0 < len(crops) <= sum(each.num_counted for each in report.sequences)
    videos = MOTVideoDataset(
        metainfo={'classes': ('pedestrian',)}, test_mode=True, pipeline=[], **common
    )
    assert videos.num_all_imgs == len(content['images'])


def test_the_form_of_the_truth(data):
    name, folder = data
    forms = {path.parts[-3]: read_truth(path).form for path in folder.glob('train/*/gt/gt.txt')}
    expected = {'MOT15': {'world'}, 'TownCentre': {'plain'}, 'MOT17-mini': {'classes'}}
    assert set(forms.values()) == expected[name]


@pytest.mark.parametrize('file', ['gt/gt.txt', 'det/det.txt'])
def test_conventions_are_told_on_real_boxes(data, file):
    _, folder = data
    for sequence in (folder / 'train').iterdir():
        info = read_stated_seqinfo(sequence)
        size = (info.width, info.height)
        boxes = read_rows(sequence / file)[:, LEFT:SCORE]
        assert find_suspicions(boxes, size) == []
        corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
        assert 'corners' in find_suspicions(corners, size)[0].message
        assert '(0 to 1)' in find_suspicions(boxes / np.tile(size, 2), size)[0].message
        assert 'another size' in find_suspicions(2 * boxes, size)[0].message


def test_tasks_are_drawn(data, tmp_path):
    name, folder = data
    if name == 'MOT17-mini':
        pytest.skip('MOT17-mini has too few frames for a task of this config')
    convert_mot(folder, tmp_path / 'annotations', half_split=False)
    spec = importlib.util.spec_from_file_location('browse', ROOT / 'tools' / 'browse_episodes.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tasks = 'train_dataloader.dataset.dataset'
    assert module.main([
        str(ROOT / 'configs/maml_mot/maml-mot_r50_60e_mot15train_test-mot15test.py'),
        '--num', '1', '--out-dir', str(tmp_path / 'tasks'), '--cfg-options',
        f'{tasks}.data_root={folder}',
        f'{tasks}.ann_file={tmp_path}/annotations/train_cocoformat.json',
    ]) == 0  # fmt: skip
    assert len(list((tmp_path / 'tasks').iterdir())) == 1
