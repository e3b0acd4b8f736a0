import json

import pytest

from mmmaml.datasets.coco_vid import read_boxes

IMAGE = {'id': 1, 'video_id': 1, 'file_name': 'A/1.jpg', 'height': 48, 'width': 64, 'frame_id': 0}
BOX = {
    'id': 1, 'image_id': 1, 'category_id': 1, 'bbox': [5, 5, 20, 30], 'instance_id': 0,
    'visibility': 1.0, 'mot_conf': 1.0,
}  # fmt: skip


def read(folder, annotations, classes=('pedestrian',)):
    names = ('pedestrian', 'car', 'dog')
    content = {
        'categories': [{'id': k, 'name': name} for k, name in enumerate(names, start=1)],
        'videos': [{'id': 1, 'name': 'A'}],
        'images': [IMAGE],
        'annotations': annotations,
    }
    path = folder / 'a.json'
    path.write_text(json.dumps(content))
    return read_boxes(str(path), classes)


def test_boxes_of_other_classes_are_counted_by_class(tmp_path, log_lines):
    others = [{**BOX, 'category_id': k} for k in (2, 3, 2)]
    table, _ = read(tmp_path, [BOX, *others])
    assert len(table) == 1
    assert log_lines == [
        f'{tmp_path}/a.json: 3 of 4 boxes are of other classes than pedestrian and left out: '
        '2 car, 1 dog'
    ]


@pytest.mark.parametrize(('flag', 'counts'), [(1, True), (0, False), (-1, True)])
def test_all_flags_but_0_count(tmp_path, flag, counts):
    assert read(tmp_path, [{**BOX, 'mot_conf': flag}])[1].tolist() == [counts]


@pytest.mark.parametrize('key', ['instance_id', 'visibility', 'mot_conf', 'bbox', 'image_id'])
def test_a_key_that_is_missing_is_named(tmp_path, key):
    box = {name: value for name, value in BOX.items() if name != key}
    with pytest.raises(ValueError, match=rf'a\.json: annotation 1 has no {key}; files of'):
        read(tmp_path, [box])


def test_boxes_of_another_convention_are_warned_of(tmp_path, log_lines):
    read(tmp_path, [{**BOX, 'bbox': [0.1, 0.1, 0.3, 0.6]}])
    (line,) = log_lines
    assert line.startswith(f'{tmp_path}/a.json, A: ')
    assert 'parts of the image (0 to 1)' in line
