from pathlib import Path

import numpy as np
import pytest

from mmmaml.utils.mot_files import (
    find_sequences,
    frame_number,
    read_rows,
    read_seqinfo,
    write_results,
)
from tests.datasets.mot_folder import write_sequence


def test_seqinfo_is_read_by_key_not_by_line(tmp_path):
    folder = write_sequence(tmp_path / 'A')
    (folder / 'seqinfo.ini').write_text(
        '[Sequence]\nimHeight=48\nframeRate=29.97\nextra=1\nimWidth=64\nseqLength=4\n'
    )
    info = read_seqinfo(folder)
    assert (info.name, info.width, info.height, info.num_frames) == ('A', 64, 48, 4)
    assert info.frame_rate == 29.97
    assert info.image_path(3) == folder / 'img1' / '000003.jpg'


@pytest.mark.parametrize('digits', [1, 2, 6, 8])
def test_frames_are_found_whatever_their_number_of_digits(tmp_path, digits):
    folder = write_sequence(tmp_path / 'A', num_frames=11, digits=digits)
    info = read_seqinfo(folder)
    assert (info.digits, info.num_frames) == (digits, 11)
    assert {info.image_path(n) for n in range(1, 12)} == set((folder / 'img1').iterdir())


@pytest.mark.parametrize(
    ('digits', 'stray', 'message'),
    [
        (6, '00000003', r'both 00000\d\.jpg and 00000003\.jpg'),
        (8, '000003', r'both 000003\.jpg and 0000000\d\.jpg'),
        (6, '3', r'both 3\.jpg and 00000\d\.jpg'),
    ],
)
def test_a_folder_that_mixes_numbers_of_digits_is_refused(tmp_path, digits, stray, message):
    folder = write_sequence(tmp_path / 'A', digits=digits)
    (folder / 'img1' / f'{stray}.jpg').touch()
    with pytest.raises(ValueError, match=rf'A/img1 holds {message}: .* same number of digits'):
        read_seqinfo(folder)


def test_other_files_among_the_frames_do_not_count(tmp_path):
    folder = write_sequence(tmp_path / 'A', digits=8)
    for name in ('cover', '1a', '²', '.1'):
        (folder / 'img1' / f'{name}.jpg').touch()
    assert read_seqinfo(folder).digits == 8


def test_missing_frame_is_named_with_the_digits_of_the_others(tmp_path):
    folder = write_sequence(tmp_path / 'A', digits=8)
    (folder / 'img1' / '00000002.jpg').unlink()
    with pytest.raises(FileNotFoundError, match=r'/00000002\.jpg is missing'):
        read_seqinfo(folder)


@pytest.mark.parametrize('name', ['000012.jpg', '00000012.png', '12.jpg'])
def test_the_name_of_a_frame_is_its_number(name):
    assert frame_number(Path('SEQ/img1') / name) == 12


@pytest.mark.parametrize('name', ['first.jpg', '1a.jpg', '-1.jpg', '²', ''])
def test_other_names_of_frames_are_refused(name):
    path = Path('SEQ/img1') / name
    with pytest.raises(ValueError, match=rf'{path}: the name of a frame must be its number'):
        frame_number(path)


def test_fewer_images_than_stated_decide_and_are_told(tmp_path, log_lines):
    folder = write_sequence(tmp_path / 'A', stated_frames=600)
    assert read_seqinfo(folder).num_frames == 4
    assert log_lines == [
        'A: seqinfo.ini states 600 frames, 4 images are there; using frames 1 to 4'
    ]


def test_more_images_than_stated_are_not_used_and_counted(tmp_path, log_lines):
    assert read_seqinfo(write_sequence(tmp_path / 'A', stated_frames=3)).num_frames == 3
    assert log_lines == [
        'A: seqinfo.ini states 3 frames, 4 images are there; 1 after frame 3 are not used (raise '
        'seqLength to use them)'
    ]


def test_files_that_are_no_frames_are_counted(tmp_path, log_lines):
    folder = write_sequence(tmp_path / 'A')
    for name in ('cover.jpg', '000005.png', '.hidden'):
        (folder / 'img1' / name).touch()
    assert read_seqinfo(folder).num_frames == 4
    (line,) = log_lines
    assert line.startswith('A: 2 of 6 files in ')


@pytest.mark.parametrize('first', [0, 2, 101])
def test_frames_that_are_numbered_from_elsewhere_say_by_how_much(tmp_path, first):
    folder = write_sequence(tmp_path / 'A')
    for number in (4, 3, 2, 1) if first else (1, 2, 3, 4):
        path = folder / 'img1' / f'{number:06d}.jpg'
        path.rename(path.with_name(f'{number + first - 1:06d}.jpg'))
    with pytest.raises(ValueError, match=rf'{first:06d}\.jpg .* off by {abs(first - 1)}'):
        read_seqinfo(folder)


def test_without_images_the_file_is_believed(tmp_path):
    folder = write_sequence(tmp_path / 'A', num_frames=1, stated_frames=600)
    (folder / 'img1' / '000001.jpg').unlink()
    (folder / 'img1').rmdir()
    assert read_seqinfo(folder).num_frames == 600


@pytest.mark.parametrize(
    ('gone', 'named'), [((1,), '000001'), ((3,), '000003'), ((1, 2, 3, 4), '000001')]
)
def test_gap_between_images_is_an_error(tmp_path, gone, named):
    folder = write_sequence(tmp_path / 'A')
    for number in gone:
        (folder / 'img1' / f'{number:06d}.jpg').unlink()
    with pytest.raises(FileNotFoundError, match=f'{named}.jpg is missing'):
        read_seqinfo(folder)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('imWidth=64', 'no readable section'),
        ('[Other]\nimWidth=64', 'no readable section'),
        ('[Sequence]\nseqLength=4', "no key 'frameRate'"),
        ('[Sequence]\nframeRate=fast', "frameRate='fast' is not a number"),
        ('[Sequence]\nframeRate=0', 'frameRate=0 must be greater than 0'),
        ('[Sequence]\nframeRate=nan', 'frameRate=nan must be greater than 0'),
        ('[Sequence]\nframeRate=inf', 'frameRate=inf must be greater than 0'),
        ('[Sequence]\nframeRate=5%', "frameRate='5%' is not a number"),
    ],
)
def test_bad_seqinfo_is_named(tmp_path, text, message):
    (tmp_path / 'seqinfo.ini').write_text(text)
    with pytest.raises(ValueError, match=f'seqinfo.ini.*{message}'):
        read_seqinfo(tmp_path)


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('seqLength=0.5', 'seqLength=0.5 must be a whole number'),
        ('imWidth=1e300', 'imWidth=1e300 must be a whole number, at most 10000000'),
        ('imDir=/img1', "imDir='/img1' must be a folder inside the sequence"),
        ('imDir=../img1', "imDir='../img1' must be a folder inside"),
        ('imExt=jpg', "imExt='jpg' must be a suffix with its dot"),
        ('imExt=', "imExt='' must be a suffix"),
        ('imExt=.*', r"imExt='.\*' must be a suffix"),
    ],
)
def test_what_cannot_be_in_a_seqinfo_is_named(tmp_path, line, message):
    write_sequence(tmp_path / 'a')
    stated = (tmp_path / 'a' / 'seqinfo.ini').read_text()
    lines = dict(each.split('=') for each in stated.splitlines() if '=' in each)
    lines |= [line.split('=')]
    text = '[Sequence]\n' + '\n'.join(f'{key}={value}' for key, value in lines.items())
    (tmp_path / 'seqinfo.ini').write_text(text)
    with pytest.raises(ValueError, match=message):
        read_seqinfo(tmp_path)


def test_missing_seqinfo(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'seqinfo\.ini is missing'):
        read_seqinfo(tmp_path)
    with pytest.raises(FileNotFoundError, match='holds no MOTChallenge sequence'):
        find_sequences(tmp_path)


def test_sequences_come_sorted_and_other_folders_do_not(tmp_path, log_lines):
    for name in ('B', 'A'):
        write_sequence(tmp_path / name, num_frames=1)
    (tmp_path / 'C').mkdir()
    assert [p.name for p in find_sequences(tmp_path)] == ['A', 'B']
    assert log_lines == [f'{tmp_path}: 1 folders without seqinfo.ini are left out: C']


@pytest.mark.parametrize('text', ['', '\n\n'])
def test_empty_file_has_no_rows(tmp_path, text):
    (tmp_path / 'a.txt').write_text(text)
    assert read_rows(tmp_path / 'a.txt').shape == (0, 9)


@pytest.mark.parametrize(
    ('line', 'row'),
    [
        ('1,7,2,3,4,5', [1, 7, 2, 3, 4, 5, -1, -1, -1]),
        ('1,-1,2.5,3,4,5,0.9', [1, -1, 2.5, 3, 4, 5, 0.9, -1, -1]),
        ('1, 1000003, 2, 3, 4, 5, 1, 1, 0.25', [1, 1000003, 2, 3, 4, 5, 1, 1, 0.25]),
        ('1 7 2 3 4 5 1 -1 -1 -1', [1, 7, 2, 3, 4, 5, 1, -1, -1]),
        ('1e0,7.0,2,3,4,5', [1, 7, 2, 3, 4, 5, -1, -1, -1]),
    ],
)
def test_rows_of_six_to_ten_columns(tmp_path, line, row):
    (tmp_path / 'a.txt').write_text(f'{line}\r\n')
    np.testing.assert_array_equal(read_rows(tmp_path / 'a.txt'), [row])


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('2,7,1,1', 'has 4 columns, expected 6 to 10'),
        ('2,7,1,1,1,1,1,1,1,1,1', 'has 11 columns, expected 6 to 10'),
        ('2,7,1,1,1,1,1', 'has 7 columns, the rows before it 6'),
        ('2,7,1,one,1,1', 'not a number'),
        ('2,7,1,nan,1,1', 'finite'),
        ('2,7,1,inf,1,1', 'finite'),
        ('0,7,1,1,1,1', 'frame >= 1'),
        ('2.5,7,1,1,1,1', 'whole numbers'),
        ('2,7.5,1,1,1,1', 'whole numbers'),
    ],
)
def test_malformed_rows_are_named_by_line(tmp_path, line, message):
    (tmp_path / 'gt.txt').write_text(f'1,7,1,1,1,1\n\n{line}\n')
    with pytest.raises(ValueError, match=rf'gt.txt, line 3: .*{message}'):
        read_rows(tmp_path / 'gt.txt')


def test_missing_rows_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'a\.txt does not exist'):
        read_rows(tmp_path / 'a.txt')


def test_results_are_read_as_written(tmp_path):
    rows = np.array([[1, 3, 0.5, -2.25, 10.125, 20, 0.75], [12, 1000003, 1, 2, 3, 4, 1]])
    write_results(tmp_path / 'out' / 'A.txt', rows)
    np.testing.assert_array_equal(read_rows(tmp_path / 'out' / 'A.txt')[:, :7], rows)
    first = (tmp_path / 'out' / 'A.txt').read_text().splitlines()[0]
    assert first == '1,3,0.500,-2.250,10.125,20.000,0.7500,-1,-1,-1'


@pytest.mark.parametrize(
    ('row', 'message'),
    [
        ([0, 1, 2, 3, 4, 5, 1], 'frame >= 1'),
        ([1.5, 1, 2, 3, 4, 5, 1], 'frame and id whole'),
        ([1, np.nan, 2, 3, 4, 5, 1], 'finite'),
        ([1, 1, 2, np.inf, 4, 5, 1], 'finite'),
        ([1, 1, 2, 1e300, 4, 5, 1], r'larger than 2\^53'),
    ],
)
def test_results_that_could_not_be_read_are_not_written(tmp_path, row, message):
    path = tmp_path / 'a.txt'
    path.write_text('as it was')
    with pytest.raises(ValueError, match=rf'a\.txt is not written: row 1 of 2.*{message}'):
        write_results(path, np.array([[1, 1, 2, 3, 4, 5, 1], row]))
    with pytest.raises(ValueError, match=r'shape \(6,\), expected \(R, >= 7\)'):
        write_results(path, np.ones(6))
    assert path.read_text() == 'as it was'


def test_no_results_make_an_empty_file(tmp_path):
    write_results(tmp_path / 'A.txt', np.zeros((0, 7)))
    assert (tmp_path / 'A.txt').read_text() == ''
