import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from mmmaml.apis import Tracks
from mmmaml.apis.track_table import TrackTable
from mmmaml.utils.mot_files import read_rows


def tracks(frame: int, *people: tuple[int, float]) -> Tracks:
    """People as id and left edge, 10 pixels wide and 30 high, from 5 pixels below the top."""
    left = np.array([each[1] for each in people], dtype=np.float64)
    low = np.full(len(people), 5.0)
    return Tracks(
        frame=frame,
        ids=np.array([each[0] for each in people], dtype=np.int64),
        bboxes=np.column_stack([left, low, left + 10, low + 30]).reshape(-1, 4),
        scores=np.full(len(people), 0.75),
        labels=np.ones(len(people), dtype=np.int64),
        seconds=(frame - 1) / 4,
    )


def table() -> TrackTable:
    found = TrackTable()
    for each in (tracks(1, (2, 0.5), (1, 40)), tracks(3, (1, 42.25)), tracks(4)):
        found.add(each)
    return found


def test_files_say_the_same(tmp_path: Path) -> None:
    table().write_mot(tmp_path / 'a.txt')
    expected = [[1, 2, 0.5, 5, 10, 30, 0.75], [1, 1, 40, 5, 10, 30, 0.75]]
    expected.append([3, 1, 42.25, 5, 10, 30, 0.75])
    np.testing.assert_array_equal(read_rows(tmp_path / 'a.txt')[:, :7], expected)

    table().write_csv(tmp_path / 'a.csv')
    with (tmp_path / 'a.csv').open(newline='') as file:
        lines = list(csv.DictReader(file))
    assert [float(line['seconds']) for line in lines] == [0, 0, 0.5]
    assert lines[2] | {'seconds': '', 'score': ''} == {
        'frame': '3',
        'seconds': '',
        'id': '1',
        'left': '42.25',
        'top': '5.0',
        'width': '10.0',
        'height': '30.0',
        'score': '',
        'label': '1',
    }

    table().write_json(tmp_path / 'a.json', {'source': 'a'}, ('cat', 'dog'))
    found = json.loads((tmp_path / 'a.json').read_text())
    assert (found['source'], found['num_frames']) == ('a', 4)
    first, second = found['tracks']
    assert first == {
        'id': 1,
        'label': 1,
        'class': 'dog',
        'frames': [1, 3],
        'seconds': [0, 0.5],
        'boxes': [[40, 5, 10, 30], [42.25, 5, 10, 30]],
        'scores': [0.75, 0.75],
    }
    assert (second['id'], second['frames']) == (2, [1])


def test_nobody_is_a_result_too(tmp_path: Path) -> None:
    empty = TrackTable()
    empty.add(tracks(1))
    empty.write_mot(tmp_path / 'a.txt')
    empty.write_csv(tmp_path / 'a.csv')
    empty.write_json(tmp_path / 'a.json', {})
    assert (tmp_path / 'a.txt').read_text() == ''
    assert len((tmp_path / 'a.csv').read_text().splitlines()) == 1
    assert json.loads((tmp_path / 'a.json').read_text()) == {'num_frames': 1, 'tracks': []}


def test_the_crowd_count_of_frames_is_told_with_their_tracks(tmp_path: Path) -> None:
    found = TrackTable()
    assert not found.counts_crowd
    for each, count in ((tracks(1, (2, 0.5), (1, 40)), 2.5), (tracks(3, (1, 42)), 1.23456)):
        found.add(replace(each, crowd_count=count))
    found.add(replace(tracks(4), crowd_count=0.25))
    found.add(tracks(5, (1, 43)))  # not counted
    assert found.counts_crowd
    found.replace_rows(np.insert(found.rows(), 2, found.rows()[0], axis=0))  # one more in frame 1

    found.write_csv(tmp_path / 'a.csv')
    with (tmp_path / 'a.csv').open(newline='') as file:
        lines = list(csv.DictReader(file))
    assert [(line['frame'], line['crowd_count']) for line in lines] == [
        *[('1', '2.5')] * 3,
        ('3', '1.235'),
        ('5', ''),
    ]
    found.write_counts(tmp_path / 'a_counts.csv')
    assert (tmp_path / 'a_counts.csv').read_text().splitlines() == [
        'frame,seconds,crowd_count,tracks',
        '1,0.0,2.5,3',
        '3,0.5,1.235,1',
        '4,0.75,0.25,0',
    ]
    found.write_json(tmp_path / 'a.json', {'source': 'a'})
    assert json.loads((tmp_path / 'a.json').read_text())['crowd'] == {
        'frames': [1, 3, 4],
        'seconds': [0, 0.5, 0.75],
        'counts': [2.5, 1.235, 0.25],
    }
