"""Certainty is the posterior of a pair among its alternatives."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.models import OnlineMetaTracker
from mmmaml.models.trackers.association.certainty import DOUBTS, NOBODY, _explain

LABELS = torch.zeros(2, dtype=torch.long)
SCORES = torch.tensor([0.9, 0.9])


def boxes(*left: float) -> torch.Tensor:
    return torch.tensor([[x, 50.0, x + 40, 150] for x in left])


def tracker(**options: object) -> OnlineMetaTracker:
    return OnlineMetaTracker(rate_certainty=True, num_tentatives=1, **options)  # type: ignore[arg-type]


def step(tracked: OnlineMetaTracker, frame: int, *left: float) -> tuple[list[int], np.ndarray]:
    number = len(left)
    ids = tracked.step(frame, boxes(*left), SCORES[:1].expand(number), LABELS[:1].expand(number))
    assert tracked.certainty is not None
    return ids.tolist(), tracked.certainty.values


def test_those_apart_are_certain_and_those_together_are_not() -> None:
    tracked = tracker()
    for frame in range(5):
        ids, apart = step(tracked, frame, 100, 400)
    assert ids == [1, 2]
    assert (apart > 0.95).all()
    tracked = tracker(max_init_iou=1.0)
    for frame in range(5):
        ids, near = step(tracked, frame, 100, 104)
    assert ids == [1, 2]
    assert (near < 0.8).all()
    certainty = tracked.certainty
    assert certainty is not None
    assert [DOUBTS[each] for each in certainty.doubts] == ['swap', 'swap']
    assert certainty.rivals.tolist() == [2, 1]


def test_an_unknown_person_is_new_for_certain() -> None:
    tracked = tracker()
    step(tracked, 0, 100)
    ids, values = step(tracked, 1, 100, 600)
    assert ids == [1, 2]
    assert values[1] > 0.95


def test_boxes_without_area_and_empty_frames_have_their_place() -> None:
    tracked = tracker()
    found = boxes(100, 400)
    found[0, 2] = found[0, 0]
    tracked.step(0, found, SCORES, LABELS)
    assert tracked.certainty is not None
    assert np.isnan(tracked.certainty.values).tolist() == [True, False]
    tracked.step(1, torch.zeros(0, 4), torch.zeros(0), torch.zeros(0, dtype=torch.long))
    assert tracked.certainty.values.shape == (0,)
    assert OnlineMetaTracker().certainty is None


def test_rating_changes_no_id() -> None:
    generator = torch.Generator().manual_seed(0)
    plain = OnlineMetaTracker()
    rated = OnlineMetaTracker(rate_certainty=True)
    for frame in range(20):
        found = boxes(*(400 * torch.rand(6, generator=generator)).tolist())
        feats = torch.randn(6, 8, generator=generator)
        args = (found, torch.full((6,), 0.9), torch.zeros(6, dtype=torch.long), feats)
        assert torch.equal(plain.step(frame, *args), rated.step(frame, *args))
        assert rated.certainty is not None
        assert ((rated.certainty.values >= 0) & (rated.certainty.values <= 1)).all()


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 1000))
def test_reasons_are_those_of_a_search_by_hand(tracks: int, dets: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    evidence = rng.random((tracks, dets)) ** 8
    own = np.full(dets, -1)
    pairs = min(tracks, dets) - (seed % 2 if min(tracks, dets) > 1 else 0)
    own[rng.permutation(dets)[:pairs]] = rng.permutation(tracks)[:pairs]
    ids = 10 + np.arange(tracks)
    found = _explain(evidence, own, ids, np.zeros(dets))
    for det in range(dets):
        # Alternatives as (evidence, doubt, rival); a track comes before a box.
        options = [(NOBODY, 'poor fit', -1)]
        for track in range(tracks):
            if track != own[det]:
                kind = 'split' if own[det] < 0 else 'swap' if track in own else 'takeover'
                options.append((evidence[track, det], kind, ids[track]))
        if own[det] >= 0:
            for other in range(dets):
                if other != det:
                    kind = 'other box' if own[other] < 0 else 'swap'
                    rival = -1 if own[other] < 0 else ids[own[other]]
                    options.append((evidence[own[det], other], kind, rival))
        _, kind, rival = max(options, key=lambda each: each[0])
        assert (DOUBTS[found.doubts[det]], found.rivals[det]) == (kind, rival)


def test_a_pair_by_hand() -> None:
    tracked = tracker()
    step(tracked, 0, 100)
    _, values = step(tracked, 1, 100)
    # One track and one box where it is expected: odds 1, no distance, against nobody.
    assert values[0] == pytest.approx(1 / (1 + NOBODY), rel=1e-3)
