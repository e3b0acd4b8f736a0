from pathlib import Path

import numpy as np
import pytest

from mmmaml.evaluation import evaluate_folders
from mmmaml.evaluation.files.count_files import (
    counts_file,
    last_counted_frame,
    read_counts,
    read_counts_beside,
    write_counts,
)
from tests.evaluation.track_files import write_tracks, write_truth


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = counts_file(tmp_path / 'a.b.txt')
    assert path.name == 'a.b_counts.csv'
    columns = {
        'frame': np.array([1, 3]),
        'crowd_count': np.array([2.12345, 0.0]),
        'boxes': np.array([np.nan, 4.0]),
        'tracks': np.array([1, 2]),
    }
    write_counts(path, columns)
    assert path.read_text().splitlines() == [
        'frame,crowd_count,boxes,tracks',
        '1,2.123,,1',
        '3,0.0,4.0,2',
    ]
    found = read_counts_beside(tmp_path / 'a.b.txt', 4)
    np.testing.assert_array_equal(found.density, [2.123, np.nan, 0, np.nan])
    np.testing.assert_array_equal(found.boxes, [np.nan, np.nan, 4, np.nan])
    assert read_counts_beside(tmp_path / 'b.txt', 4) is None


def test_a_table_that_a_spreadsheet_saved_is_read(tmp_path: Path) -> None:
    path = tmp_path / 'a_counts.csv'
    path.write_text('\ufeffframe,crowd_count\r\n2,1.5\r\n', encoding='utf-8')
    np.testing.assert_array_equal(read_counts(path, 2).density, [np.nan, 1.5])
    assert last_counted_frame(tmp_path / 'a.txt') == 2


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('frame,people\n1,2\n', 'has no column crowd_count'),
        ('', 'has no column crowd_count, frame'),
        (
            'frame,crowd_count\n1,2\n3,1\n',
            r'line 3: frame 3 with 1 people; expected frames 1 to 2',
        ),
        ('frame,crowd_count\n0,1\n', 'line 2: frame 0'),
        ('frame,crowd_count\n1,-1\n', 'line 2: frame 1 with -1 people.*numbers from 0'),
        ('frame,crowd_count,boxes\n1,,-1\n', 'line 2: frame 1 with nan people.*numbers from 0'),
        ('frame,crowd_count\n1,inf\n', 'line 2: frame 1 with inf people'),
        ('frame,crowd_count\n1,many\n', r"line 2: \['1', 'many'\] are not a frame"),
        ('frame,crowd_count\nx\n', 'line 2: .* are not a frame'),
        ('frame,crowd_count\n2,1\n2,1\n', 'line 3: frame 2 was counted before'),
    ],
)
def test_a_malformed_table_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / 'a_counts.csv'
    path.write_text(text)
    with pytest.raises(ValueError, match=rf'{path}.*{message}'):
        read_counts(path, 2)


def test_counts_beside_tracks_are_scored(tmp_path: Path, person, track) -> None:
    write_truth(tmp_path / 'gt', 'A', person(1, [1, 2]), num_frames=2)
    write_tracks(tmp_path / 'results', 'A', track(1, 1))
    assert evaluate_folders(tmp_path / 'gt', tmp_path / 'results').sequences['A'].counting is None
    columns = {'frame': np.array([1, 2]), 'crowd_count': np.array([1.5, 1])}
    write_counts(tmp_path / 'results' / 'A_counts.csv', columns)
    counting = evaluate_folders(tmp_path / 'gt', tmp_path / 'results').sequences['A'].counting
    assert (counting['density'].mae, counting['tracks'].mae) == (0.25, 0.5)


def test_empty_frames_at_the_end_count_without_seqinfo(tmp_path: Path) -> None:
    for folder, row in (('gt', '1,1,0,0,9,9,1,1,1'), ('results', '1,1,0,0,9,9,1,-1,-1,-1')):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / 'A.txt').write_text(row + '\n')
    columns = {'frame': np.array([1, 2, 3]), 'crowd_count': np.array([1.0, 0.5, 0.0])}
    write_counts(tmp_path / 'results' / 'A_counts.csv', columns)
    found = evaluate_folders(tmp_path / 'gt', tmp_path / 'results').sequences['A']
    assert found.sequence.num_frames == 3
    assert found.counting['density'].absolute == 0.5
    assert last_counted_frame(tmp_path / 'results' / 'A.txt') == 3
    (tmp_path / 'results' / 'A_counts.csv').write_text('frame,crowd_count\nx,1\n')
    with pytest.raises(ValueError, match=r'A_counts\.csv, line 2: .*x'):
        evaluate_folders(tmp_path / 'gt', tmp_path / 'results')
