"""Decisions of a tracker, written and read again."""

import math
from pathlib import Path

import numpy as np
import pytest

from mmmaml.evaluation.files.decision_files import read_decisions, write_decisions

TRACKS = np.array([[1, 4, 0, 0, 5, 5, 1], [2, 4, 0, 0, 5, 5, 1], [2, 7, 9, 9, 5, 5, 1]])
DECISIONS = {(2, 7): ('start', math.nan), (1, 4): ('start', math.nan), (2, 4): ('overlap', -0.25)}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / 'a folder' / 'A_decisions.csv'
    write_decisions(path, DECISIONS)
    assert path.read_text().splitlines() == [
        'frame,id,stage,similarity',
        '1,4,start,',
        '2,4,overlap,-0.25',
        '2,7,start,',
    ]
    found = read_decisions(path, TRACKS)
    assert found[2, 4] == ('overlap', -0.25)
    assert [(key, stage) for key, (stage, _) in sorted(found.items())] == [
        (key, stage) for key, (stage, _) in sorted(DECISIONS.items())
    ]
    assert math.isnan(found[2, 7][1])


def test_no_decision_is_a_table_without_rows(tmp_path: Path) -> None:
    write_decisions(tmp_path / 'a.csv', {})
    assert read_decisions(tmp_path / 'a.csv', np.zeros((0, 7))) == {}


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'line 1: expected frame,id,stage,similarity'),
        ('frame,id,stage,similarity\n1,4,start\n', "line 2 is no decision: '1,4,start'"),
        ('frame,id,stage,similarity\n1,4,start,high\n', 'line 2 is no decision'),
        ('frame,id,stage,similarity\n1,7,start,\n', 'line 2: the tracks have no id 7 in frame 1'),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / 'a.csv').write_text(text)
    with pytest.raises(ValueError, match=message):
        read_decisions(tmp_path / 'a.csv', TRACKS)


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='track again with --decisions'):
        read_decisions(tmp_path / 'a.csv', TRACKS)
