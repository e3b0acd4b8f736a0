"""Trackers that are saved in the middle of a video and go on elsewhere."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mmmaml.models import MetaReIDHead, OnlineMetaTracker

ROOT = Path(__file__).parents[3]
CHANNELS = 6
KINDS = {
    'motion': {},
    'plain': {},
    'closed form': {},
    'gradient': {'adapter_cfg': {'solver': 'gradient'}},
    'camera': {'camera_motion': {}},
}
GO_ON = """
import json, sys, torch
from tests.models.trackers.test_saved_state import make, run
kind, path = sys.argv[1:]
tracker = make(kind)
tracker.load_state_dict(torch.load(path, weights_only=True))
print(json.dumps(run(tracker, kind, range(20, 40))))
"""


def make(kind: str) -> OnlineMetaTracker:
    tracker = OnlineMetaTracker(lost_seconds=5, frame_rate=10, **KINDS[kind])
    if kind in ('closed form', 'gradient'):
        torch.manual_seed(0)
        tracker.bind(MetaReIDHead(CHANNELS, 4))
    return tracker


def run(tracker: OnlineMetaTracker, kind: str, frames: range) -> list[list[int]]:
    """Track six people who walk, and of whom one is away in frames 15 to 25."""
    ids = []
    people = np.random.default_rng(1).normal(size=(6, CHANNELS))
    for number in frames:
        rng = np.random.default_rng(number)
        seen = np.array([p for p in range(6) if p != 2 or not 15 <= number < 25])
        left = 60.0 * seen + number * np.where(seen % 2, 3.0, -3.0) + 150
        top = 40.0 + 5 * seen
        boxes = np.stack([left, top, left + 30, top + 80], axis=1) + rng.normal(
            size=(len(seen), 4)
        )
        feats = people[seen] + 0.3 * rng.normal(size=(len(seen), CHANNELS))
        image = None
        if kind == 'camera':
            scene = np.random.default_rng(7).integers(0, 255, (40, 60)).astype(np.uint8)
            image = np.roll(scene.repeat(8, 0).repeat(8, 1), number, axis=1)
        result = tracker.step(
            number,
            torch.from_numpy(boxes).float(),
            torch.full((len(seen),), 0.9),
            torch.zeros(len(seen), dtype=torch.long),
            None if kind == 'motion' else torch.from_numpy(feats).float(),
            image=image,
        )
        ids.append(result.tolist())
    return ids


@pytest.mark.parametrize('kind', KINDS)
def test_the_next_process_goes_on_with_the_same_ids(kind: str, tmp_path: Path) -> None:
    tracker = make(kind)
    run(tracker, kind, range(20))
    torch.save(tracker.state_dict(), tmp_path / 'state.pth')
    expected = run(tracker, kind, range(20, 40))
    result = subprocess.run(
        [sys.executable, '-c', GO_ON, kind, str(tmp_path / 'state.pth')],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1]) == expected


def test_saving_takes_nothing_away_and_shares_nothing() -> None:
    tracker, twin = make('closed form'), make('closed form')
    run(tracker, 'closed form', range(10))
    state = tracker.state_dict()
    first = run(tracker, 'closed form', range(10, 20))
    for _ in range(2):
        twin.load_state_dict(state)
        assert run(twin, 'closed form', range(10, 20)) == first


def test_a_tracker_that_has_seen_nothing() -> None:
    file = io.BytesIO()
    torch.save(make('closed form').state_dict(), file)
    file.seek(0)
    tracker = make('closed form')
    tracker.load_state_dict(torch.load(file, weights_only=True))
    expected = run(make('closed form'), 'closed form', range(10))
    assert run(tracker, 'closed form', range(10)) == expected


def test_states_that_do_not_fit() -> None:
    plain, adapting = make('plain'), make('closed form')
    run(plain, 'plain', range(3))
    with pytest.raises(ValueError, match='adapts a head'):
        adapting.load_state_dict(plain.state_dict())
    for other in ({}, {'state_dict': {}}, None, {'tracks': {}, 'appearance': {}, 'camera': None}):
        with pytest.raises(ValueError, match='no state of an OnlineMetaTracker'):
            plain.load_state_dict(other)
    with pytest.raises(ValueError, match='renormalise'):
        OnlineMetaTracker(reid={'renormalise': {}}).state_dict()


@pytest.mark.parametrize(
    ('option', 'kind', 'changed'),
    [
        ('kalman_box', 'plain', {'kalman_box': 'cxcywh'}),
        ('motion_noise', 'motion', {'motion_noise': 'per_frame'}),
        ('momentum', 'plain', {'momentum': 0.9}),
        ('feature_average', 'plain', {'feature_average': 'exponential'}),
        ('camera_motion', 'plain', {'camera_motion': {}}),
        ('gallery_size', 'gradient', {'gallery_size': 3, **KINDS['gradient']}),
        ('solver', 'gradient', {'adapter_cfg': {'solver': 'closed_form'}}),
        ('calibrate', 'closed form', {'adapter_cfg': {'calibrate': False}}),
    ],
)
def test_states_of_other_options_are_refused(option: str, kind: str, changed: dict) -> None:
    tracker = make(kind)
    run(tracker, kind, range(3))
    other = OnlineMetaTracker(frame_rate=10, **changed)
    other.bind(tracker.head)
    with pytest.raises(ValueError, match=f"another '{option}'"):
        other.load_state_dict(tracker.state_dict())


@pytest.mark.parametrize('kind', KINDS)
def test_a_state_that_does_not_fit_leaves_the_tracker_as_it_was(kind: str) -> None:
    tracker, twin, other = make(kind), make(kind), make(kind)
    for each in (tracker, twin):
        run(each, kind, range(10))
    run(other, kind, range(15))
    last = {'camera': ('camera', 'image'), 'motion': ('appearance', 'frame_rate')}
    part, name = last.get(kind, ('appearance', 'memory'))
    broken = other.state_dict()
    del broken[part][name]
    uneven = other.state_dict()
    uneven['tracks']['hits'] = {'array': uneven['tracks']['hits']['array'][:1]}
    endless = other.state_dict()
    endless['tracks']['frame_rate'] = float('inf')
    for state in (broken, uneven, endless):
        with pytest.raises(ValueError, match=r'no state|different numbers|frame_rate=inf'):
            tracker.load_state_dict(state)
    assert run(tracker, kind, range(10, 30)) == run(twin, kind, range(10, 30))
