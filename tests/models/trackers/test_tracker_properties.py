"""Whatever detections a tracker is given: ids that make sense, or an error naming the culprit."""

import pickle
import time

import numpy as np
import pytest
import torch
from hypothesis import event, given
from hypothesis import strategies as st

from mmmaml.models import MetaReIDHead
from mmmaml.models.trackers import OnlineMetaTracker
from tests.properties import bounded

CHANNELS = 4
BOT_SORT = {
    'fusion': {'fuse_scores': True},
    'low_scores': {},
    'tentative_fusion': {'fuse_scores': True},
}
ODD = st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e300, 2e9])
COORDINATE = st.floats(-50, 400) | st.sampled_from([0.0, 1e-300, -1e-5, 1e9, -1e9])
BOX = st.tuples(*[COORDINATE] * 4)


@st.composite
def frames(draw):
    """Step of the frame number, boxes (N, 4), scores (N,), labels (N,), feats or None."""
    step = draw(st.sampled_from([1, 1, 1, 1, 2, 40, 10**6, 0, -3]))
    number, rng = draw(st.integers(0, 6)), np.random.default_rng(draw(st.integers(0, 99)))
    # Most are near each other and from frame to frame, some are odd.
    boxes = (
        40 * np.arange(number)[:, None] + np.array([0, 0, 30, 60]) + rng.normal(0, 2, (number, 4))
    )
    scores, labels = rng.uniform(0.3, 1, number), rng.integers(2, size=number)
    feats = np.eye(CHANNELS)[np.arange(number) % CHANNELS] + rng.normal(0, 0.1, (number, CHANNELS))
    if number and draw(st.booleans()):
        boxes[draw(st.integers(0, number - 1))] = draw(BOX)
        scores[draw(st.integers(0, number - 1))] = draw(st.floats(-3, 7))
    spoilt = draw(st.sampled_from(['', '', '', '', 'boxes', 'scores', 'feats', 'width', 'none']))
    if number and spoilt in ('boxes', 'scores', 'feats'):
        array = {'boxes': boxes, 'scores': scores, 'feats': feats}[spoilt]
        array.flat[draw(st.integers(0, array.size - 1))] = draw(ODD)
    if spoilt == 'width':
        feats = feats[:, : draw(st.integers(0, CHANNELS - 1))]
    return step, boxes, scores, labels, None if spoilt == 'none' else feats


def culprit(step, boxes, scores, feats):
    """Name the part of a frame that must be refused, '' if none."""
    if step < 1:
        return 'frame_id'
    if not (np.abs(boxes) <= 1e9).all():  # NaN neither
        return 'bboxes row'
    if not np.isfinite(scores).all():
        return 'scores row'
    # The tracker computes in the precision of the layer.
    with np.errstate(over='ignore'):
        if feats is not None and not np.isfinite((feats.astype(np.float32) ** 2).sum()):
            return 'feats row'
    there = (boxes[:, 2:] - boxes[:, :2] >= 1e-6).all(1).any()
    return 'channels' if feats is not None and feats.shape[1] != CHANNELS and there else ''


def head():
    torch.manual_seed(0)
    return MetaReIDHead(CHANNELS, 3)


@pytest.mark.parametrize(
    ('adapter_cfg', 'options'),
    [
        (None, {}),
        ({}, {'kalman_box': 'cxcywh'}),
        ({'solver': 'gradient'}, {}),
        (None, {'stages': BOT_SORT}),
    ],
)
@bounded
@given(st.lists(frames(), max_size=6))
def test_any_frames(adapter_cfg, options, video):
    options = {'frame_rate': 10, 'max_lost': 3, 'num_tentatives': 1, **options}
    tracker = OnlineMetaTracker(adapter_cfg=adapter_cfg, **options)
    tracker.bind(None if adapter_cfg is None else head())
    width_known = adapter_cfg is not None
    frame, most, started = 0, 0, False
    for step, boxes, scores, labels, feats in video:
        step = max(step, 1) if not started else step
        expected = culprit(step, boxes, scores, feats)
        if expected == 'channels' and not width_known:
            continue  # the first features decide
        inputs = [torch.from_numpy(each) for each in (boxes, scores, labels)]
        inputs += [None if feats is None else torch.from_numpy(feats).float()]
        before = pickle.dumps((tracker.tracks, tracker.appearance))
        if expected:
            event('refused')
            with pytest.raises(ValueError, match=expected):
                tracker.step(frame + step, *inputs)
            assert pickle.dumps((tracker.tracks, tracker.appearance)) == before
            continue
        event('answered')
        ids = tracker.step(frame + step, *inputs).numpy()
        frame, started = frame + step, True
        width_known |= tracker.appearance.memory is not None
        most = check_answer(tracker, boxes, ids, most)


def check_answer(tracker, boxes, ids, most):
    """Ids are unique, new ones count on, and nothing that is not finite is kept."""
    assert ids.shape == (len(boxes),)
    empty = ~(boxes[:, 2:] - boxes[:, :2] >= 1e-6).all(1)
    assert (ids[empty] == -1).all()
    given_ids = ids[ids != -1]
    assert len(np.unique(given_ids)) == len(given_ids)
    assert (given_ids >= 1).all()
    new = np.sort(given_ids[given_ids > most])
    np.testing.assert_array_equal(new, np.arange(most + 1, most + 1 + len(new)))
    state = tracker.tracks.state
    assert np.isfinite(state.motion[state.alive]).all()
    assert len(state) <= len(boxes) + tracker.options.life.max_lost
    memory = tracker.appearance.memory
    assert memory is None or torch.isfinite(memory.mean).all()
    assert tracker.adapter is None or torch.isfinite(tracker.adapter.scatter.total).all()
    return max(most, *given_ids, 0)


@pytest.mark.parametrize(
    ('changes', 'kind', 'message'),
    [
        ({'frame_id': 1.5}, TypeError, r'frame_id 1\.5 is a float, expected a whole number'),
        ({'frame_id': float('nan')}, TypeError, 'frame_id nan is a float'),
        ({'frame_id': 2**60}, ValueError, r'larger than 2\^53'),
        ({'bboxes': np.zeros((1, 4))}, TypeError, 'bboxes is a ndarray, expected a torch.Tensor'),
        ({'bboxes': torch.zeros(4)}, ValueError, r'bboxes has shape \(4,\)'),
        ({'bboxes': torch.tensor([[0, 0, 2e9, 5]])}, ValueError, 'row 0 of 1 is .* at most 1e'),
        ({'scores': torch.zeros(2)}, ValueError, r'scores has shape \(2,\), expected \(1,\)'),
        ({'labels': torch.tensor([0.5])}, ValueError, 'labels row 0 of 1 is 0.5'),
        ({'labels': torch.tensor([torch.nan])}, ValueError, 'labels row 0 of 1 is nan'),
        ({'feats': torch.full((1, 4), 1e30)}, ValueError, 'feats row 0 of 1 is too long'),
        ({'feats': torch.zeros(1, 3)}, ValueError, '3 channels, the adapted layer takes 4'),
    ],
)
def test_the_culprit_is_named(changes, kind, message):
    tracker = OnlineMetaTracker()
    tracker.bind(head())
    frame = {
        'frame_id': 0,
        'bboxes': torch.tensor([[0.0, 0, 10, 20]]),
        'scores': torch.ones(1),
        'labels': torch.zeros(1, dtype=torch.long),
        'feats': torch.ones(1, 4),
    }
    with pytest.raises(kind, match=message):
        tracker.step(**{**frame, **changes})
    assert tracker.step(**frame).tolist() == [1]


def test_precision_may_change_from_frame_to_frame():
    for bound in (None, head()):
        tracker = OnlineMetaTracker(num_tentatives=1)
        tracker.bind(bound)
        for frame, dtype in enumerate([torch.float32, torch.float64, torch.float16]):
            boxes, scores = torch.tensor([[0, 0, 10, 20]]).to(dtype), torch.ones(1).to(dtype)
            feats = torch.ones(1, 4, dtype=dtype)
            assert tracker.step(frame, boxes, scores, torch.zeros(1), feats).tolist() == [1]


def test_nobody_and_then_three_thousand():
    rng = np.random.default_rng(0)
    tracker = OnlineMetaTracker()
    corner = rng.uniform(0, 4000, (3000, 2))
    feats = torch.from_numpy(rng.normal(size=(3000, 8)))
    start = time.process_time()
    for frame, number in enumerate([0, 3000, 3000, 0, 3000]):
        boxes = np.hstack([corner, corner + np.array([30, 80])])[:number] + rng.normal(
            0, 0.5, (number, 4)
        )
        ids = tracker.step(
            frame,
            torch.from_numpy(boxes),
            torch.full((number,), 0.9),
            torch.zeros(number),
            feats[:number],
        )
        assert ids.shape == (number,)
    assert (ids > 0).sum() > 90  # those that were remembered
    assert time.process_time() - start < 20
