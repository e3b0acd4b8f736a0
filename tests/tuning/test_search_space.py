from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.models.onnx.onnx_reid import identity_head
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.tuning.search_space import DEFAULT_OPTIONS, RANGES, WHOLE, build_space

ALL = build_space({}, list(RANGES))


def drawn(name: str) -> st.SearchStrategy:
    low, high = ALL.ranges[name]
    return st.integers(int(low), int(high)) if name in WHOLE else st.floats(low, high)


def build(options: dict[str, Any]) -> OnlineMetaTracker:
    tracker = OnlineMetaTracker(**options)
    tracker.bind(identity_head(4))  # reads the options of the adapter
    return tracker


@given(st.fixed_dictionaries({name: drawn(name) for name in RANGES}))
def test_a_tracker_takes_all_values(values: dict[str, float]) -> None:
    tracker = build(ALL.options(values))
    found = tracker.options.detections
    assert found.score_thr == values['score_thr']
    assert found.low_score_thr == min(values['low_score_thr'], values['score_thr'])
    assert found.init_score_thr == max(values['init_score_thr'], values['score_thr'])
    stages = {stage.name: stage for stage in tracker.options.stages}
    assert list(stages) == ['appearance', 'overlap', 'low_scores', 'tentative', 'reentry']
    for name, value in values.items():
        if name.startswith('stages.'):
            _, stage, option = name.split('.')
            # A value of the start is left to the stage itself.
            expected = None if value == ALL.start[name] else value
            assert getattr(stages[stage], option) in (value, expected)
    # So is that of the adapter.
    shrinkage = (tracker.adapter_cfg or {}).get('shrinkage', ALL.start['adapter_cfg.shrinkage'])
    assert shrinkage == values['adapter_cfg.shrinkage']


@pytest.mark.parametrize('score', [0.4, 0.65, 0.8])
def test_thresholds_of_scores_keep_their_order(score: float) -> None:
    space = build_space({'low_score_thr': 0.5}, ['score_thr'])
    options = space.options({'score_thr': score})
    assert options['low_score_thr'] == min(0.5, score)
    assert options.get('init_score_thr', 0.7) == max(0.7, score)
    build(options)


def test_the_start_is_what_the_tracker_has() -> None:
    assert ALL.start['score_thr'] == 0.6
    assert ALL.start['stages.reentry.sim_thr'] == 0.4  # of adapted features
    assert ALL.start['stages.overlap.iou_thr'] == 0.4
    assert ALL.start['adapter_cfg.temperature'] == 3
    assert ALL.changes(ALL.start) == {}
    assert ALL.options(ALL.start) == {}


def test_what_depends_on_the_features_starts_there() -> None:
    plain = build_space({'adapt': False}, ['stages.reentry.sim_thr'])
    assert plain.start == {'stages.reentry.sim_thr': 0.6}
    motion = build_space({}, ['stages.overlap.iou_thr'], with_feats=False)
    assert motion.start == {'stages.overlap.iou_thr': 0.1}


def test_the_config_goes_first_and_its_stages_stay() -> None:
    stages = {'overlap': {'iou_thr': 0.45}, 'low_scores': {}, 'order': ['overlap', 'low_scores']}
    space = build_space({'stages': stages, 'score_thr': 0.3}, None)
    assert space.start['score_thr'] == 0.3
    assert space.ranges['score_thr'] == (0.3, 0.8)
    assert [name for name in space.ranges if name.startswith('stages.')] == [
        'stages.overlap.iou_thr'
    ]
    options = space.options({**space.start, 'stages.overlap.iou_thr': 0.2})
    assert options['stages'] == {**stages, 'overlap': {'iou_thr': 0.2}}
    assert stages['overlap'] == {'iou_thr': 0.45}


def test_without_features_options_of_appearance_are_left_out() -> None:
    space = build_space({}, None, with_feats=False)
    assert set(space.ranges) == {
        name for name in DEFAULT_OPTIONS if 'appearance' not in name and 'reentry' not in name
    }


def test_a_range_may_be_given() -> None:
    space = build_space({}, ['score_thr=0.7:0.9', 'num_tentatives=1:3'])
    assert space.ranges == {'score_thr': (0.6, 0.9), 'num_tentatives': (1, 3)}


@pytest.mark.parametrize(
    ('named', 'message'),
    [
        ('match_iou_thr', "no option 'match_iou_thr' to search; there are adapter_cfg.shrinkage"),
        ('score_thr=0.5', 'is no range: write score_thr=LOW:HIGH'),
        ('score_thr=0.5:0.5', 'LOW < HIGH'),
        ('score_thr=nan:1', 'is no range'),
        ('num_tentatives=1:2.5', 'two whole numbers'),
    ],
)
def test_bad_options_are_named(named: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_space({}, [named])


def test_options_without_effect_are_refused() -> None:
    with pytest.raises(ValueError, match=r'momentum has no effect: there are no features'):
        build_space({}, ['momentum'], with_feats=False)
    with pytest.raises(ValueError, match='no stage reentry'):
        build_space({'stages': {'overlap': {}}}, ['stages.reentry.speed'])
    with pytest.raises(ValueError, match='does not adapt'):
        build_space({'adapt': False}, ['adapter_cfg.shrinkage'])
