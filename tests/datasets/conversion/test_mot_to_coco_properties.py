"""Whatever ground truth holds: annotations that agree with it, or an error naming the file."""

import json
import shutil

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from mmmaml.datasets.checks import check_dataset
from mmmaml.datasets.conversion.mot_to_coco import convert_mot
from mmmaml.utils.mot_files import read_rows
from tests.datasets.mot_folder import write_sequence
from tests.properties import bounded, refusal

FRAMES = 3
ROW = st.tuples(
    st.integers(1, FRAMES + 1),
    st.integers(-2, 4) | st.integers(4, 2**60),
    *[st.integers(-40, 70) | st.floats(-5, 60)] * 4,
    st.sampled_from([1, 1, 0, -1]),
    st.sampled_from([1, 1, 1, 1, -1, 7, 13, 14, 1.5]),
    st.sampled_from([1, 0.5, 0, -1, 3]),
)
COLUMNS = st.sampled_from([9, 9, 9, 6, 7, 8])


@pytest.fixture
def root(tmp_path):
    write_sequence(tmp_path / 'train' / 'A', num_frames=FRAMES)
    return tmp_path


def refuse(constant):
    raise AssertionError(f'{constant} is not JSON')


@bounded
@given(st.lists(ROW, max_size=6), COLUMNS, st.sampled_from(['', '', '', 'x', '1,1,nan,1,1,1']))
def test_any_ground_truth(root, rows, columns, stray):
    truth = root / 'train' / 'A' / 'gt' / 'gt.txt'
    lines = [','.join(map(repr, row[:columns])) for row in rows]
    truth.write_text('\n'.join([*lines, stray]))
    shutil.rmtree(root / 'annotations', ignore_errors=True)
    written = []
    message = refusal(lambda: written.extend(convert_mot(root)))
    # The checker promises to find all that the converter stops at, and what it only warns of.
    errors = [each for each in check_dataset(root, fast=True).of('error') if each.path == truth]
    wrong = [e for e in errors if 'no box counts' in e.message or 'they look like' in e.message
             or 'Write left, top' in e.message or 'write left, top' in e.message]  # fmt: skip
    assert bool(message) <= bool(errors), (errors, message)
    assert bool(message) or errors == wrong, errors
    if message:
        assert message.startswith(str(truth))
        assert not (root / 'annotations').exists()
        return
    contents = [json.loads(path.read_text(), parse_constant=refuse) for path in written]
    check_content(contents[0], read_rows(truth))
    halves = [len(each['annotations']) for each in contents[1:]]
    assert sum(halves) == len(contents[0]['annotations'])


def check_content(content, rows):
    images = {image['id']: image['mot_frame_id'] for image in content['images']}
    assert list(images.values()) == list(range(1, FRAMES + 1))
    used = rows[(rows[:, 0] <= FRAMES) & (rows[:, 4:6] > 0).all(1)].tolist()
    found = content['annotations']
    assert len({each['id'] for each in found}) == len(found) == len(used)
    for each, row in zip(found, sorted(used, key=lambda row: row[0]), strict=True):
        assert images[each['image_id']] == row[0]
        assert each['bbox'] == row[2:6]
        assert each['mot_instance_id'] == row[1]
        assert (each['instance_id'] == -1) == (row[1] < 0)
        assert each['visibility'] == (1 if row[8] == -1 else row[8])
    people = {(each['mot_instance_id'], each['instance_id']) for each in found}
    known = {pair for pair in people if pair[1] >= 0}
    assert len(known) == len({mot for mot, _ in known}) == len({own for _, own in known})
    numbers = {own for _, own in known}
    assert numbers == set(range(len(numbers)))
    assert content['num_instances'] == len(numbers)


@bounded
@given(st.lists(ROW, min_size=1, max_size=40))
def test_the_checker_counts_what_is_converted(root, rows):
    rows = [row for row in rows if row[7] == 1 and abs(row[1]) <= 2**53]
    truth = root / 'train' / 'A' / 'gt' / 'gt.txt'
    truth.write_text('\n'.join(','.join(map(repr, row)) for row in rows))
    if refusal(lambda: convert_mot(root, half_split=False)):
        return
    content = json.loads((root / 'annotations' / 'train_cocoformat.json').read_text())
    trainable = [
        each
        for each in content['annotations']
        if each['mot_conf'] > 0 and each['visibility'] > 0 and each['instance_id'] >= 0
    ]
    (summary,) = check_dataset(root, fast=True).sequences
    assert summary.num_trainable == len(trainable)
    assert summary.num_boxes == len(content['annotations'])
    event(f'{min(len(trainable), 3)} or more to train on')
    people = {each['instance_id'] for each in content['annotations']} - {-1}
    assert summary.num_identities == len(people)
