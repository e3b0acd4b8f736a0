import numpy as np
import pytest

from mmmaml.utils.option_checks import check_choice, check_number, check_numbers


@pytest.mark.parametrize('value', [0, 1, 0.5, np.float32(0.5), np.int64(1)])
def test_numbers_of_the_range_pass(value):
    check_number('share', value, 'between 0 and 1', 0, 1)


@pytest.mark.parametrize(
    'value', [-0.1, 1.1, float('nan'), float('inf'), '0.5', None, True, [0.5]]
)
def test_others_are_named(value):
    with pytest.raises(ValueError, match=r'share=.* must be between 0 and 1'):
        check_number('share', value, 'between 0 and 1', 0, 1)


def test_whole_numbers():
    for value in (2, np.int64(2)):
        check_number('size', value, 'whole', 1, whole=True)
    for value in (2.5, 2.0, 0, float('nan'), float('inf'), '2'):
        with pytest.raises(ValueError, match=r'size=.* must be whole'):
            check_number('size', value, 'whole', 1, whole=True)


def test_choices():
    check_choice('kind', 'a', ('a', 'b'))
    with pytest.raises(ValueError, match="kind='c' must be 'a' or 'b'"):
        check_choice('kind', 'c', ('a', 'b'))


def test_several_numbers():
    for value in ((1, 2), [1, 2], np.array([1, 2])):
        check_numbers('size', value, 2, 'two', 1, whole=True)
    for value in (1, None, '12', [1], [1, 2, 3], [0, 1], [1, True], [1, 'b'], {1: 1, 2: 2}):
        with pytest.raises(ValueError, match=r'size=.* must be two'):
            check_numbers('size', value, 2, 'two', 1, whole=True)
