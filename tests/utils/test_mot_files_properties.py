"""Whatever a file holds: its rows, or an error naming file and line."""

import math
import re

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from mmmaml.utils.mot_files import read_rows, read_stated_seqinfo, write_results
from tests.properties import bounded, refusal

NUMBERS = st.one_of(
    st.integers(-3, 40).map(str),
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.sampled_from(
        ['1e999', '1_0', '0x1', '', 'a', '\u22121', '\u0663', '1.', '-.5', '9007199254740993']
    ),
)


@st.composite
def tables(draw):
    """Text that mostly is a MOT file."""
    columns = draw(st.integers(6, 10))
    plain = st.tuples(st.integers(1, 9), st.integers(-1, 9), *[st.floats(-9, 99)] * (columns - 2))
    rows = draw(st.lists(plain.map(lambda row: [f'{value:g}' for value in row]), max_size=6))
    for row in rows:
        if draw(st.integers(0, 5)) == 0:
            row[draw(st.integers(0, columns - 1))] = draw(NUMBERS)
    separator = draw(st.sampled_from([',', ' ', ', ', '\t', ',,']))
    lines = [separator.join(row) for row in rows]
    if draw(st.integers(0, 3)) == 0:
        lines.insert(draw(st.integers(0, len(lines))), draw(st.text(max_size=12)))
    return draw(st.sampled_from(['\n', '\r\n', '\n\n'])).join(lines)


def plain_rows(text):
    """Rows of a MOT file, or the number of its first bad line; each line alone."""
    rows, width = [], None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        words = line.split(',') if ',' in line else line.split()
        if any(len(word.split()) != 1 or not word.isascii() or '_' in word for word in words):
            return number
        try:
            values = [float(word) for word in words]
        except ValueError:
            return number
        whole = all(math.isfinite(v) for v in values) and all(v == int(v) for v in values[:2])
        sized = 6 <= len(values) <= 10 and len(values) == (width or len(values))
        if not (whole and sized and values[0] >= 1 and max(map(abs, values[:6])) <= 2**53):
            return number
        width = len(values)
        rows.append((values + [-1.0] * 3)[:9])
    return np.array(rows).reshape(-1, 9)


@bounded
@given(tables() | st.text(max_size=60))
def test_any_rows(tmp_path, text):
    path = tmp_path / 'gt.txt'
    path.write_text(text, encoding='utf-8', newline='')
    # What is read has been through UTF-8 and its marks.
    expected = plain_rows(path.read_text(encoding='utf-8-sig', errors='replace'))
    if isinstance(expected, int):
        message = refusal(lambda: read_rows(path))
        assert re.search(rf'gt\.txt, line {expected}: ', message), message
    else:
        event('answered')
        np.testing.assert_array_equal(read_rows(path), expected)


@bounded
@given(st.binary(max_size=80))
def test_any_bytes(tmp_path, content):
    path = tmp_path / 'det.txt'
    path.write_bytes(content)
    message = refusal(lambda: read_rows(path))
    assert message.startswith(f'{path}, line ') or not message


VALUES = st.one_of(
    st.sampled_from(['30', '1', '0', '-1', '2.5', 'nan', 'inf', '1e9', '1e300', '', 'x', '%(a)s']),
    st.text(max_size=5),
)
KEYS = ('frameRate', 'seqLength', 'imWidth', 'imHeight', 'imDir', 'imExt')


@bounded
@given(
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=2),
    st.just(set()) | st.sets(st.sampled_from(KEYS), max_size=1),
    st.sampled_from(['[Sequence]'] * 9 + ['[sequence]', '', '\0']),
)
def test_any_seqinfo(tmp_path, changes, missing, head):
    good = dict.fromkeys(KEYS[:4], '25') | {'imDir': 'img1', 'imExt': '.png'}
    stated = {key: value for key, value in (good | changes).items() if key not in missing}
    path = tmp_path / 'seqinfo.ini'
    text = '\n'.join([head, *(f'{key}={value}' for key, value in stated.items())])
    path.write_text(text, encoding='utf-8', errors='replace')
    found = []
    message = refusal(lambda: found.append(read_stated_seqinfo(tmp_path)))
    if message:
        assert message.startswith(str(path))
        assert changes or missing or head != '[Sequence]'
        return
    info = found[0]
    assert math.isfinite(info.frame_rate)
    assert info.frame_rate > 0
    for number in (info.num_frames, info.width, info.height):
        assert isinstance(number, int)
        assert 1 <= number <= 10**7
    assert info.image_path(1).resolve().is_relative_to(tmp_path.resolve())


RESULT = st.tuples(
    st.integers(1, 9),
    st.integers(-1, 9) | st.integers(-(2**53), 2**53),
    *[st.floats(-1e4, 1e4) | st.floats(-(2.0**53), 2.0**53)] * 4,
    st.floats(-2, 2),
)
SPOILT = st.none() | st.tuples(st.integers(0, 6), st.floats())


@bounded
@given(st.lists(RESULT, max_size=5), SPOILT)
def test_any_results(tmp_path, rows, spoilt):
    path = tmp_path / 'SEQ.txt'
    path.write_text('as it was')
    rows = np.array(rows, dtype=np.float64).reshape(-1, 7)
    if len(rows) and spoilt is not None:
        rows[0, spoilt[0]] = spoilt[1]
    message = refusal(lambda: write_results(path, rows))
    if message:
        assert re.match(rf'{re.escape(str(path))} is not written: row \d of {len(rows)}', message)
        assert path.read_text() == 'as it was'
    else:
        # Three digits for boxes, four for scores, as far as a float has them.
        np.testing.assert_allclose(read_rows(path)[:, :7], rows, rtol=1e-15, atol=5.001e-4)
    assert [each.name for each in tmp_path.iterdir()] == ['SEQ.txt']
