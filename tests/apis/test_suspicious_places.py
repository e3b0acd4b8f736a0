"""Rows of low certainty become places with a reason."""

import csv
from pathlib import Path

import numpy as np
import pytest

from mmmaml.apis import Tracks
from mmmaml.apis.suspicious_places import SuspiciousPlaces


def rated(frame: int, *people: tuple[int, float, int, int]) -> Tracks:
    """People as id, certainty, rival, doubt."""
    number = len(people)
    return Tracks(
        frame=frame,
        ids=np.array([each[0] for each in people]),
        bboxes=np.tile([10.0, 20, 40, 80], (number, 1)) + frame,
        scores=np.ones(number),
        labels=np.zeros(number, np.int64),
        seconds=frame / 4,
        certainty=np.array([each[1] for each in people]),
        rivals=np.array([each[2] for each in people]),
        doubts=np.array([each[3] for each in people]),
    )


def test_rows_near_each_other_are_one_place(tmp_path: Path) -> None:
    places = SuspiciousPlaces(frame_rate=4)
    places.add(rated(1, (1, 0.8, -1, 0), (2, 0.79, 1, 2)))  # equal to the threshold is certain
    places.add(rated(3, (1, 0.9, -1, 0), (2, 0.3, 3, 3)))
    places.add(rated(7, (2, 0.5, 1, 2)))
    places.add(rated(12, (2, 0.1, -1, 0)))  # more than a second later
    places.write(tmp_path / 'a.csv')
    with (tmp_path / 'a.csv').open(newline='') as file:
        first, second = csv.DictReader(file)
    assert first == {
        'first_frame': '1',
        'last_frame': '7',
        'frame': '3',
        'seconds': '0.75',
        'id': '2',
        'certainty': '0.3',
        'reason': 'takeover',
        'rival': '3',
        'left': '13.0',
        'top': '23.0',
        'width': '30.0',
        'height': '60.0',
    }
    assert (second['first_frame'], second['reason'], second['rival']) == ('12', 'poor fit', '-1')


def test_what_is_not_rated_or_no_certainty_is_refused() -> None:
    with pytest.raises(ValueError, match=r'below=1\.5 must be between 0 and 1'):
        SuspiciousPlaces(4, 1.5)
    tracks = rated(1)
    unrated = Tracks(1, tracks.ids, tracks.bboxes, tracks.scores, tracks.labels)
    with pytest.raises(ValueError, match='rate_certainty'):
        SuspiciousPlaces(4).add(unrated)
