import numpy as np
import pytest

from mmmaml.utils.mot_files import read_rows
from mmmaml.utils.row_text import parse_rows

BAD_VALUES = 'is wrong: every value must be finite, frame and id whole numbers, frame >= 1'


def test_every_bad_line_is_named_and_the_others_are_kept():
    lines = ['1,7,1,1,9,9', '', 'x', '2,7,1,1,9,9', '0,7,1,1,9,9', '3,7,1,1,9,9,1']
    parsed = parse_rows('\n'.join([*lines, '4 8 1 1 9 nan']))

    assert parsed.rows[:, :2].tolist() == [[1, 7], [2, 7]]
    assert parsed.lines.tolist() == [1, 4]
    assert [str(fault) for fault in parsed.faults] == [
        "line 3: 'x' has 1 columns, expected 6 to 10",
        f"line 5: '0,7,1,1,9,9' {BAD_VALUES}",
        "line 6: '3,7,1,1,9,9,1' has 7 columns, the rows before it 6",
        f"line 7: '4 8 1 1 9 nan' {BAD_VALUES}",
    ]


@pytest.mark.parametrize(('columns', 'kept'), [(6, 6), (9, 9), (10, 9)])
def test_columns_are_counted_and_filled_up(columns, kept):
    parsed = parse_rows(','.join(['1'] * columns))

    assert parsed.num_columns == columns
    np.testing.assert_array_equal(parsed.rows, [[1] * kept + [-1] * (9 - kept)])


@pytest.mark.parametrize('text', ['', '\n \n', 'nothing\n'])
def test_without_a_good_row(text):
    parsed = parse_rows(text)

    assert (parsed.rows.shape, parsed.num_columns) == ((0, 9), 0)
    assert len(parsed.faults) == (text == 'nothing\n')


def test_a_bad_first_line_does_not_decide_on_the_columns():
    parsed = parse_rows('frame,id,left,top,width,height,score\n1,7,1,1,9,9\n')

    assert [fault.line for fault in parsed.faults] == [1]
    assert parsed.lines.tolist() == [2]


def test_the_mark_of_an_editor_and_bytes_that_are_no_text(tmp_path):
    path = tmp_path / 'gt.txt'
    path.write_bytes(b'\xef\xbb\xbf1,7,1,1,9,9\n')
    assert read_rows(path)[0, 1] == 7
    path.write_bytes(b'1,7,1,1,9,9\n\xff\xfe,7,1,1,9,9\n')
    with pytest.raises(ValueError, match=r'gt\.txt, line 2: .* not a number'):
        read_rows(path)
