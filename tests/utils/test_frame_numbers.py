from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.utils.frame_numbers import check_frame_numbers, check_picture_numbers, frame_offset
from tests.properties import bounded


@pytest.mark.parametrize(
    ('names', 'offset'),
    [
        (['000001.jpg', '000002.jpg'], 0),
        (['102.jpg', '101.jpg', '103.jpg'], 100),
        (['frame_000000.PNG', 'frame_000001.PNG'], -1),
        (['cam2_0007.jpg'], 6),
        (['1.jpg', '3.jpg'], None),
        (['1.jpg', '01.png'], None),
        (['cover.jpg', '1.jpg'], None),
        ([], None),
    ],
)
def test_offset_of_names(names, offset):
    assert frame_offset(Path('img1') / name for name in names) == offset


@bounded
@given(st.integers(0, 10**6), st.integers(1, 30), st.sampled_from(['', 'frame_', 'a1-']))
def test_any_first_number(first, count, prefix):
    names = [f'{prefix}{first + k:06d}.jpg' for k in range(count)]
    assert frame_offset(names) == first - 1


def test_rows_that_fit_are_silent_and_late_ones_counted():
    assert check_frame_numbers(np.array([]), 4, 'a.txt') == ''
    assert check_frame_numbers(np.array([1, 4]), 4, 'a.txt') == ''
    assert check_frame_numbers(np.array([2, 5, 9]), 4, 'a.txt') == (
        'a.txt: 2 of 3 rows are of frames after the last picture (4) and not used'
    )


@bounded
@given(st.integers(1, 9), st.integers(0, 10**6), st.integers(1, 20))
def test_rows_beyond_all_pictures_are_refused_by_how_much(pictures, gap, rows):
    first = pictures + 1 + gap
    with pytest.raises(ValueError, match=rf'rows are off by {first - 1}\. Subtract'):
        check_frame_numbers(first + np.arange(rows), pictures, 'det.txt')


@bounded
@given(st.integers(1, 500), st.integers(1, 300))
def test_rows_that_count_as_the_names_do_are_refused_even_where_they_overlap(offset, pictures):
    rows = np.arange(offset + 1, offset + pictures + 1)
    with pytest.raises(ValueError, match=rf'det\.txt: .* off by {offset}\.'):
        check_frame_numbers(rows, pictures, 'det.txt', offset)
    # From 1 on they are of the same pictures by their order.
    assert check_frame_numbers(np.arange(1, pictures + 1), pictures, 'det.txt', offset) == ''


@pytest.mark.parametrize('first', [0, 2, 101])
def test_pictures_of_a_sequence_are_numbered_from_1(first):
    paths = [Path('S/img1') / f'{number:06d}.jpg' for number in range(first, first + 3)]
    with pytest.raises(ValueError, match=rf'{first:06d}\.jpg .* off by {abs(first - 1)}'):
        check_picture_numbers(paths)


def test_gaps_are_not_an_offset():
    check_picture_numbers([])
    check_picture_numbers([Path('S/img1') / f'{n}.jpg' for n in (2, 4)])
