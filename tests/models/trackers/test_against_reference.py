"""The batched tracker gives the ids of the plain one, track by track and pair by pair."""

from collections import Counter

import numpy as np
import pytest
import torch

from mmmaml.models import MetaReIDHead
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.models.trackers.association.stages import STAGES, stage_options

from .reference_adapter import ReferenceAdapter
from .reference_tracker import DEFAULT_STAGES, OPTIONS, ReferenceTracker
from .reference_walks import crowd, generated, leaving
from .stories import stages

BOT_SORT = {'fusion': {}, 'low_scores': {}, 'tentative_fusion': {}}

# Each option away from its default at least once. Frame rates are low, so that times matter.
KNOBS = {
    'as it is': {},
    'slow video': {'frame_rate': 5, 'recent_seconds': 1},
    'slow to report': {'frame_rate': 5, 'tentative_seconds': 0.5},
    'plain overlap': {
        'stages': stages(
            overlap={'height_modulated': False, 'iou_thr': 0.2},
            low_scores={'height_modulated': False, 'iou_thr': 0.2},
            tentative={'height_modulated': False, 'iou_thr': 0.2},
        )
    },
    'scores': {'score_thr': 0.5, 'low_score_thr': 0.3, 'init_score_thr': 0.95},
    'no low scores': {'low_score_thr': 0.6},
    'second boxes': {'max_init_iou': 0.05},
    'duplicates': {'max_duplicate_iou': 0.2, 'max_init_iou': 1.0},
    'noise of a frame': {'motion_noise': 'per_frame'},
    'three to confirm': {
        'num_tentatives': 3,
        'tentative_seconds': 1,
        'stages': stages(reentry={'sim_thr': 0.5}),
    },
    'confirmed at once': {'num_tentatives': 1},
    'motion decides': {
        'stages': stages(appearance={'motion_weight': 0.3, 'sim_thr': 0.2, 'lost_penalty': 0.1})
    },
    'motion alone decides': {'stages': stages(appearance={'motion_weight': 1.0, 'sim_thr': -1})},
    'no veto': {'stages': stages(appearance={'veto_sim_thr': -1, 'sim_thr': 0.8})},
    'appearance decides': {'stages': stages(appearance={'motion_weight': 0.0, 'sim_thr': 0.8})},
    'veto': {
        'stages': stages(
            appearance={'veto_sim_thr': 0.6, 'sim_thr': 0.7},
            overlap={'iou_thr': 0.2},
            low_scores={'iou_thr': 0.2},
        )
    },
    'loose boxes': {
        'stages': stages(
            overlap={'iou_thr': 0.1}, low_scores={'iou_thr': 0.3}, tentative={'iou_thr': 0.1}
        )
    },
    'short memory': {
        'recent_seconds': 0.2,
        'lost_seconds': 1.0,
        'stages': stages(reentry={'sim_thr': 0.3}),
    },
    'wide search': {'stages': stages(reentry={'speed': 6.0, 'anywhere_seconds': 0.5})},
    'no reentry': {'stages': stages(reentry={'sim_thr': 1.0})},
    'quick to learn': {'momentum': 0.2, 'max_occlusion': 0.1},
    'learns from the hidden': {'max_occlusion': 1.0},
    'small gallery': {'gallery_size': 2},
    'people of all there is': {'classes': [0]},
    'widths': {'kalman_box': 'cxcywh'},
    'exponential': {'feature_average': 'exponential', 'momentum': 0.7},
    'fusion': {
        'stages': {
            'fusion': {'sim_thr': 0.5, 'fuse_scores': True},
            'low_scores': {},
            'tentative_fusion': {'sim_thr': 0.5, 'fuse_scores': True},
        }
    },
    'fusion of near boxes': {
        'stages': {
            'fusion': {'proximity_iou_thr': 0.2, 'iou_thr': 0.1},
            'low_scores': {'iou_thr': 0.1},
            'tentative_fusion': {'proximity_iou_thr': 0.2, 'iou_thr': 0.4},
            'reentry': {},
        },
        'kalman_box': 'cxcywh',
    },
    'another order': {
        'stages': {
            'order': ('appearance', 'reentry', 'low_scores', 'tentative', 'overlap'),
            **stages(),
        }
    },
    'only appearance': {'stages': {'appearance': {}, 'reentry': {}}},
}

NEVER = {
    'no reentry': 'reentry',
    'no low scores': 'low_scores',
    'confirmed at once': 'tentative',
    'slow video': 'tentative',
}
"""Stages in which nobody finds anybody with these options."""


def assert_same_ids(
    frames, dtype=torch.float64, head=None, adapter_cfg=None, reported=None, **options
):
    """Run both; returns how often each thing happened, and the ids given.

    The ids of each frame are appended to ``reported``.
    """
    tracker = OnlineMetaTracker(adapter_cfg=adapter_cfg, **options)
    adapter = None if head is None else ReferenceAdapter(head, **(adapter_cfg or {}))
    reference = ReferenceTracker(adapter, **options)
    if head is not None:
        tracker.bind(head)
    given = set()
    for number, boxes, scores, labels, feats, *camera in frames:
        ids = tracker.step(
            number,
            torch.from_numpy(boxes),
            torch.from_numpy(scores),
            torch.from_numpy(labels),
            None if feats is None else torch.from_numpy(feats).to(dtype),
            camera_motion=camera[0] if camera else None,
        ).tolist()
        expected = reference.step(number, boxes, scores, labels, feats, *camera)
        assert ids == expected, f'frame {number}'
        if reported is not None:
            reported.append(ids)
        if adapter is not None and adapter.solver is not None:
            assert_same_adapter(tracker.adapter, adapter)
        given |= {each for each in ids if each > 0}
    happened = reference.happened + (adapter.happened if adapter else Counter())
    return happened, given


def assert_same_adapter(adapter, reference):
    np.testing.assert_allclose(adapter.scatter.total.numpy(), reference.total, rtol=0, atol=1e-9)
    assert adapter.scatter.freedom == pytest.approx(reference.freedom)
    if reference.fitted is not None:
        centre, whitening = (each.numpy() for each in adapter.metric)
        np.testing.assert_allclose(centre, reference.centre, rtol=0, atol=1e-9)
        scale = np.abs(reference.metric).max()
        np.testing.assert_allclose(
            whitening.T @ whitening / scale, reference.metric / scale, atol=1e-9
        )


# With the knob turned in one of the two only, these scenes give other ids; but for the gallery,
# which only an adapter looks at.
@pytest.mark.parametrize(('knobs', 'seed'), [*((each, 4) for each in KNOBS), ('wide search', 2)])
def test_random_crowds(knobs, seed):
    options = {'frame_rate': 10, **KNOBS[knobs]}
    happened, given = assert_same_ids(crowd(seed), **options)
    assert len(given) >= 7
    names = set(options.get('stages', DEFAULT_STAGES)) - {'order'}
    assert names - {NEVER.get(knobs)} <= set(happened)
    assert NEVER.get(knobs) not in happened
    removed = {'seen duplicate', 'lost duplicate'}
    assert removed & set(happened) == (removed if knobs == 'duplicates' else set())


def test_appearance_after_boxes():
    order = {
        'order': ('tentative', 'overlap', 'appearance'),
        'tentative': {},
        'overlap': {},
        'appearance': {'veto_sim_thr': -1},
    }
    for seed in range(4):
        frames = crowd(104 + seed, frames=60, weak=0.2)
        assert_same_ids(frames, frame_rate=10, stages=order)


def test_every_option_and_stage_is_turned_and_everything_happens():
    turned = {name for options in KNOBS.values() for name in options}
    assert turned | {'max_lost', 'frame_rate'} == {*OPTIONS, 'stages'}
    by_stage = {
        (name, option)
        for options in KNOBS.values()
        for name, changed in options.get('stages', {}).items()
        if name != 'order'
        for option in changed
    }
    plain = [stage for stage in STAGES.values() if not stage.needs_graph]
    assert by_stage == {(stage.name, option) for stage in plain for option in stage_options(stage)}
    options = {
        'stages': stages(appearance={'veto_sim_thr': 0.4}, reentry={'anywhere_seconds': 2.0})
    }
    happened, _ = assert_same_ids(crowd(13, frames=100), frame_rate=10, **options)
    for what in (
        'gated',
        'veto',
        'hidden',
        'out of reach',
        'anywhere',
        'reentry',
        're-entry of a tentative',
        'second box',
    ):
        assert happened[what], what


@pytest.mark.parametrize('seed', range(2))
def test_several_classes(seed):
    assert_same_ids(crowd(20 + seed, classes=3), frame_rate=10)
    assert_same_ids(crowd(20 + seed, classes=3), frame_rate=10, classes=[0, 2])


@pytest.mark.parametrize('seed', range(2))
def test_a_dense_crowd(seed):
    frames = crowd(30 + seed, frames=15, people=30, size=(350, 200))
    happened, _ = assert_same_ids(frames, frame_rate=10)
    assert happened['hidden']


@pytest.mark.parametrize('seed', range(2))
def test_motion_only(seed):
    frames = ((*frame[:4], None) for frame in crowd(40 + seed))
    happened, _ = assert_same_ids(frames, frame_rate=10)
    assert not happened['appearance']


def test_single_precision_features():
    frames = ((*f[:4], None if f[4] is None else f[4].astype(np.float32)) for f in crowd(50))
    assert_same_ids(frames, dtype=torch.float32, frame_rate=10)


@pytest.mark.parametrize('max_lost', [0, 1, 3, 100])
def test_bounded_memory(max_lost):
    options = {'frame_rate': 10, 'max_lost': max_lost}
    happened, given = assert_same_ids(leaving(), **options)
    assert bool(happened['too many lost']) == (max_lost < 8)
    # Whoever was forgotten comes back as someone new.
    assert len(given) == 8 + max(8 - max_lost, 0)


def test_of_two_lost_in_the_same_frame_the_older_track_is_kept():
    # Person 0 is forgotten before person 3 comes and takes the slot: a larger id in a lower slot.
    present = [{0, 1, 2}] * 3 + [{1, 2}] * 8 + [{1, 2, 3}] * 3 + [{2}] * 2 + [{1, 2, 3}] * 3
    reported = []

    def frames():
        half, appearance = np.array([20, 50]), np.eye(4)
        for number, here in enumerate(present):
            people = np.array(sorted(here))
            centre = np.stack([100.0 + 200 * people, np.full(len(people), 200.0)], axis=1)
            boxes = np.hstack([centre - half, centre + half])
            labels = np.zeros(len(boxes), int)
            yield number, boxes, np.full(len(boxes), 0.9), labels, appearance[people]

    options = {'frame_rate': 10, 'max_lost': 1, 'lost_seconds': 0.5}
    happened, given = assert_same_ids(frames(), reported=reported, **options)
    assert happened['too many lost']
    assert reported[13] == [2, 3, 4]
    assert reported[-1] == [2, 3, 5]
    assert given == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    'times',
    [{'lost_seconds': 1.5}, {'lost_seconds': 0.0}, {'lost_seconds': 3.0, 'recent_seconds': 0.0}],
)
def test_gaps_in_time(times):
    def interrupted():
        ahead = 0
        for index, (number, *frame) in enumerate(crowd(9, frames=60)):
            ahead += (0, 12, 25, 40)[index // 9 % 4] if index % 9 == 0 else 0
            yield (number + ahead, *frame)

    happened, given = assert_same_ids(interrupted(), frame_rate=10, **times)
    assert happened['forgotten in a gap'] > 5
    assert len(given) > 9


@pytest.mark.parametrize('box', ['cxcyah', 'cxcywh'])
@pytest.mark.parametrize('seed', range(2))
def test_a_moving_camera(box, seed):
    rng = np.random.default_rng(seed)

    def filmed():
        # With widths and heights apart, a rotation is only followed approximately.
        rotation, total = 0.02 * (box == 'cxcyah'), np.eye(3)
        for number, boxes, scores, labels, feats in crowd(60 + seed):
            angle, scale = rng.normal(0, rotation), rng.normal(1, 0.02)
            move = np.eye(3)
            move[:2, :2] = scale * np.array(
                [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
            )
            move[:2, 2] = rng.normal(0, 8, 2)
            total = move @ total
            centre = (boxes[:, :2] + boxes[:, 2:]) / 2 @ total[:2, :2].T + total[:2, 2]
            half = (boxes[:, 2:] - boxes[:, :2]) / 2 * np.sqrt(np.linalg.det(total[:2, :2]))
            seen = np.hstack([centre - half, centre + half])
            yield number, seen, scores, labels, feats, move[:2]

    happened, given = assert_same_ids(filmed(), frame_rate=10, kalman_box=box)
    assert happened['appearance'] > 150
    assert happened['reentry']
    assert len(given) < 60


@pytest.mark.parametrize('knobs', ['as it is', 'fusion', 'three to confirm'])
def test_walks_of_the_generator(knobs):
    happened, given = assert_same_ids(generated(0), frame_rate=10, **KNOBS[knobs])
    assert len(given) >= 8
    assert happened.total() > 300


VETO = {'sim_thr': 0.5, 'veto_sim_thr': 0.4}


def head_with(tasks, trained):
    """A head for features of 6 channels, with a task memory and a training scatter or without."""
    torch.manual_seed(5)
    gen = torch.Generator().manual_seed(5)
    head = MetaReIDHead(6, 5).double()
    if tasks:
        # Features as in the crowds, and changes of a size that matters.
        support = torch.randn(tasks, 3, 6, generator=gen).double()
        head.task_memory.inner_lr.fill_(1.0)
        head.task_memory.add(support, torch.randn(tasks, 3, 5, generator=gen).double() / 8)
    if trained:
        embeds = torch.randn(20, 4, 5, generator=gen).double() * torch.arange(1, 6) / 3
        head.scatter.fill(embeds, torch.ones(20, 4, dtype=torch.bool))
    return head


@pytest.mark.parametrize(
    ('tasks', 'trained', 'adapter_cfg', 'options'),
    [
        (9, True, {'blend_tasks': True}, {}),
        (9, True, {'blend_tasks': True, 'solver': None}, {}),
        (9, False, {'shrinkage': 1.0}, {'num_tentatives': 1}),
        (0, True, {'prior_weight': 5.0}, {'max_occlusion': 0.1}),
        (
            9,
            True,
            {'blend_tasks': True, 'prior_weight': 20.0, 'memory': 60.0},
            {'max_occlusion': 1.0},
        ),
        (9, True, {}, {'feature_average': 'exponential', 'momentum': 0.7}),
        (9, True, {'calibrate': False}, {}),
        (9, True, {'temperature': 1.0}, {'stages': stages(appearance=VETO)}),
        (
            0,
            True,
            {'temperature': 20.0},
            {
                'stages': stages(
                    appearance=VETO, overlap={'iou_thr': 0.3}, low_scores={'iou_thr': 0.3}
                )
            },
        ),
        (0, False, {}, {'momentum': 0.5}),
        (9, True, {'shrinkage': 0.05}, {'stages': {**BOT_SORT, 'reentry': {}}}),
    ],
)
def test_tracks_with_their_own_parameters(tasks, trained, adapter_cfg, options):
    head = head_with(tasks, trained)
    setting = {'frame_rate': 10, 'stages': stages(appearance={'sim_thr': 0.5}), **options}
    happened, given = assert_same_ids(crowd(4), head=head, adapter_cfg=adapter_cfg, **setting)
    assert happened['reentry']
    assert len(given) >= 9
    if adapter_cfg.get('solver', 'closed_form'):
        assert 3 < happened['solved'] < 50
        assert bool(happened['faded']) == ('memory' in adapter_cfg)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_mixed_precision(dtype):
    head = head_with(0, trained=True).float()
    tracker = OnlineMetaTracker(frame_rate=10)
    tracker.bind(head)
    reference = OnlineMetaTracker(frame_rate=10)
    reference.bind(head)
    for number, boxes, scores, labels, feats in leaving(people=6):
        frame = [torch.from_numpy(x) for x in (boxes, scores, labels, feats)]
        frame[-1] = frame[-1].to(dtype)
        with torch.autocast('cpu', dtype):
            ids = tracker.step(number, *frame)
        assert ids.tolist() == reference.step(number, *frame).tolist()
    likelihood = tracker.adapter.calibration.likelihood(np.linspace(-1, 1, 5))
    expected = reference.adapter.calibration.likelihood(np.linspace(-1, 1, 5))
    np.testing.assert_allclose(likelihood, expected, atol=0.05)


def test_several_classes_under_one_metric():
    head = head_with(0, trained=True)
    happened, given = assert_same_ids(crowd(20, classes=3), head=head, frame_rate=10)
    assert happened['appearance'] > 100
    assert len(given) >= 9


def test_the_gradient_solver_is_given_the_galleries(monkeypatch):
    tracker = OnlineMetaTracker(adapter_cfg={'solver': 'gradient'}, frame_rate=10)
    tracker.bind(head_with(9, trained=True))
    similarity, known, compared = tracker.adapter.similarity, [], 0

    def checked(mean, gallery, count, feats):
        nonlocal compared
        assert len(gallery) == len(mean) == len(count)
        seen = np.concatenate(known)
        for rows, number in zip(gallery.numpy(), count.tolist(), strict=True):
            nearest = np.abs(rows[:number, None] - seen).max(axis=2).min(axis=1)
            assert number
            assert not nearest.any()
            compared += 1
        return similarity(mean, gallery, count, feats)

    monkeypatch.setattr(tracker.adapter, 'similarity', checked)
    for number, boxes, scores, labels, feats in crowd(4, frames=15):
        tensors = [
            None if x is None else torch.from_numpy(x) for x in (boxes, scores, labels, feats)
        ]
        tracker.step(number, *tensors)
        known += [] if feats is None else [feats]
    assert compared > 50
