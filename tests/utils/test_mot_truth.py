"""Ground truth of MOT15, MOT16 and others: what the columns mean, or a refusal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.utils.mot_files import CLASSES
from mmmaml.utils.mot_truth import class_counts, considered, mot_class, read_truth
from tests.properties import bounded, refusal

WORLD = '1,9,499,158,31.03,75.17,1,-4.1554,-7.3591,0\n'
PLANE = '1,9,499,158,31.03,75.17,1,-1,-1,-1\n'


def write(folder, text, labels=None):
    path = folder / 'gt.txt'
    path.write_text(text)
    (folder / 'labels.txt').unlink(missing_ok=True)
    if labels is not None:
        (folder / 'labels.txt').write_text('\n'.join(labels))
    return path


@pytest.mark.parametrize(
    ('text', 'form', 'category', 'visible'),
    [
        (WORLD, 'world', -1, -1),
        (PLANE, 'plain', -1, -1),
        (PLANE + PLANE.replace('1,9', '2,9'), 'plain', -1, -1),
        ('1,9,4,1,3,7\n', 'plain', -1, -1),
        ('1,9,4,1,3,7,1\n', 'plain', -1, -1),
        ('1,9,4,1,3,7,1,-1,0.5\n', 'plain', -1, 0.5),
        ('1,9,4,1,3,7,1,7,0.5\n', 'classes', 7, 0.5),
        ('1,9,4,1,3,7,1,3\n', 'classes', 3, -1),
    ],
)
def test_forms(tmp_path, text, form, category, visible):
    truth = read_truth(write(tmp_path, text))
    assert truth.form == form
    assert truth.rows[0, 7:].tolist() == [category, visible]
    assert truth.rows[0, :2].tolist() == [1, 9]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('1,9,4,1,3,7,1,1,1,0\n', r'line 1: the file has 10 columns .* remove the tenth'),
        ('1,9,4,1,3,7,1,-4.15,-7.3\n', r'line 1: the class \(column 8\) is -4\.15.*MOT15'),
        ('1,9,4,1,3,7,1,1,1\n2,9,4,1,3,7,1,-1,1\n', r'line 2: .* is -1, but other rows state'),
        ('1,9,4,1,3,7,1,0,1\n', r'line 1: the class \(column 8\) is 0, none of 1 to 13'),
        ('1,9,4,1,3,7,0.98,1,1\n', r'line 1: the considered flag \(column 7\) is 0\.98'),
        ('1,9,4,,1,3,7,1,1,1\n', r'line 1: .* has nothing in column 4'),
    ],
)
def test_what_is_open_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=rf'gt\.txt, {message}'):
        read_truth(write(tmp_path, text))


@bounded
@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 9)), min_size=1, max_size=6, unique=True),
    st.sampled_from(['world', 'plain', 'classes', 'ten']),
    st.randoms(use_true_random=False),
)
def test_any_file_is_read_by_its_form_or_refused(tmp_path, keys, form, random):
    last = {
        'world': lambda: f'{random.randint(-20, 20)}.{random.randint(1, 9)},-7.3591,0',
        'plain': lambda: '-1,-1,-1',
        'classes': lambda: f'{random.randint(1, 13)},{random.random():.3f}',
        'ten': lambda: f'{random.randint(1, 13)},{random.random():.3f},-1',
    }[form]
    text = ''.join(f'{frame},{who},4,1,30,70,1,{last()}\n' for frame, who in keys)
    read = []
    message = refusal(lambda: read.append(read_truth(write(tmp_path, text))))
    if form == 'ten':
        assert 'remove the tenth column' in message
        return
    assert read[0].form == form
    people = np.isin(read[0].rows[:, 7], [-1])
    assert people.all() == (form != 'classes')


@pytest.mark.parametrize('labels', [['pedestrian'], ['person', 'x'], ['Walker']])
def test_labels_that_agree_with_the_numbers_of_the_benchmark(tmp_path, labels):
    path = write(tmp_path, '1,9,4,1,3,7,1,1,1\n', labels)
    assert read_truth(path).rows[0, 7] == 1


@bounded
@given(st.permutations(['car', 'person', 'bicycle', 'dog']), st.integers(1, 4))
def test_labels_of_another_order_are_refused_by_name(tmp_path, labels, number):
    path = write(tmp_path, f'1,9,4,1,3,7,1,{number},1\n', labels)
    agrees = mot_class(labels[number - 1]) == number
    message = refusal(lambda: read_truth(path))
    assert bool(message) != agrees
    if message:
        assert f"class {number} is '{labels[number - 1]}' in labels.txt" in message
        assert f"but '{CLASSES[number - 1]}' in" in message
        assert 'cvat2mot.py' in message


def test_all_flags_but_0_count_as_trackeval_has_it():
    assert considered(np.array([1, 0, -1, 2])).tolist() == [True, False, True, True]


def test_classes_are_counted_by_name():
    counts = class_counts(np.array([1, 1, 3, -1, 14]))
    assert counts == {
        'pedestrian': 2, 'car': 1, 'pedestrian (no class stated)': 1, 'class 14': 1,
    }  # fmt: skip


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'gt\.txt does not exist'):
        read_truth(tmp_path / 'gt.txt')
