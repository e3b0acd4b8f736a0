import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.utils.mot_files import read_rows
from mmmaml.utils.row_text import parse_rows
from tests.properties import bounded

BAD_VALUES = 'is wrong: every value must be finite, frame and id whole numbers, frame >= 1'

FRAME_0 = (
    'is wrong: it is of frame 0, but frames are counted from 1, frame >= 1; if the file counts '
    'from 0, all its rows are off by 1: add 1 to the first column'
)


def test_every_bad_line_is_named_and_the_others_are_kept():
    lines = ['1,7,1,1,9,9', '', 'x', '2,7,1,1,9,9', '0,7,1,1,9,9', '3,7,1,1,9,9,1']
    parsed = parse_rows('\n'.join([*lines, '4 8 1 1 9 nan']))

    assert parsed.rows[:, :2].tolist() == [[1, 7], [2, 7]]
    assert parsed.lines.tolist() == [1, 4]
    assert [str(fault) for fault in parsed.faults] == [
        "line 3: 'x' has 1 columns, expected 6 to 10",
        f"line 5: '0,7,1,1,9,9' {FRAME_0}",
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


ROWS = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 9), *[st.floats(-99, 99)] * 7), min_size=1
)


@bounded
@given(ROWS, st.sampled_from([',', ', ', ' ,', '\t,', ' ', '\t', '  ']), st.data())
def test_an_empty_field_is_a_fault_of_its_line_and_moves_nothing(rows, separator, data):
    fields = [[f'{value:g}' for value in row] for row in rows]
    text = '\n'.join(separator.join(row) for row in fields)
    np.testing.assert_allclose(parse_rows(text).rows, rows, rtol=1e-4, atol=1e-4)
    if ',' not in separator:
        return
    line = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, 7))  # a last comma ends the row
    emptied = data.draw(st.sampled_from(['replace', 'insert']))
    changed = [list(row) for row in fields]
    changed[line][column : column + (emptied == 'replace')] = ['']
    parsed = parse_rows('\n'.join(separator.join(row) for row in changed))
    assert [(fault.line, fault.reason.split(':')[0]) for fault in parsed.faults] == [
        (line + 1, f'has nothing in column {column + 1}')
    ]
    assert len(parsed.rows) == len(rows) - 1


@bounded
@given(ROWS, st.sampled_from([',', ', ', ' ,']))
def test_a_comma_after_the_last_column_moves_nothing(rows, separator):
    text = '\n'.join(separator.join(f'{value:g}' for value in row) + ',' for row in rows)
    parsed = parse_rows(text)
    assert parsed.num_columns == 9
    np.testing.assert_allclose(parsed.rows, rows, rtol=1e-4, atol=1e-4)


@bounded
@given(ROWS, st.sampled_from([' ', '\t', '  ']))
def test_decimal_commas_are_faults_of_their_lines(rows, separator):
    lines = [
        separator.join(str(value) for value in row[:2])
        + separator
        + separator.join(f'{value:.1f}'.replace('.', ',') for value in row[2:])
        for row in rows
    ]
    faults = parse_rows('\n'.join(lines)).faults
    assert [fault.line for fault in faults] == list(range(1, len(rows) + 1))
    assert all('not 261,4' in fault.reason for fault in faults)


@pytest.mark.parametrize('text', ['1,7,1,1,9,9,,', ',1,7,1,1,9,9', '1,,7,1,1,9,9', '1, ,7,1,1,9'])
def test_a_comma_too_many_is_a_fault(text):
    (fault,) = parse_rows(text).faults
    assert fault.line == 1
    assert 'has nothing in column' in fault.reason


@pytest.mark.parametrize('value', ['1_0', '0x1', '\u0663', '1e', '--1', '1.2.3', '"7"'])
def test_what_python_or_a_table_may_take_for_a_number(value):
    (fault,) = parse_rows(f'1,7,{value},1,9,9').faults
    assert 'not a number' in fault.reason
