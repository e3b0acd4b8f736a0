"""Stages made from a config, with their own thresholds, in an order that survives merging."""

from pathlib import Path

import pytest
from mmengine.config import Config

from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.models.trackers.association.appearance_stage import VETO_SIM_THR, AppearanceStage
from mmmaml.models.trackers.association.overlap_stages import (
    LowScoresStage,
    OverlapStage,
    TentativeStage,
)
from mmmaml.models.trackers.association.reentry_stage import SIM_THR as REENTRY_SIM_THR
from mmmaml.models.trackers.association.reentry_stage import ReentryStage
from mmmaml.models.trackers.association.stages import STAGES, build_stages, stage_options
from mmmaml.registry import MODELS

CONFIGS = Path(__file__).parents[4] / 'configs'


def names(stages):
    return [stage.name for stage in stages]


def test_the_stages_of_a_tracker_that_names_none():
    expected = (
        AppearanceStage(),
        OverlapStage(),
        LowScoresStage(),
        TentativeStage(),
        ReentryStage(),
    )
    assert build_stages(None) == expected == OnlineMetaTracker().matching.stages


def test_named_stages_are_all_there_are_and_keep_their_other_defaults():
    assert build_stages({'overlap': {'iou_thr': 0.3}}) == (OverlapStage(iou_thr=0.3),)
    (stage,) = build_stages({'appearance': {'sim_thr': 0.7}})
    assert stage == AppearanceStage(sim_thr=0.7)
    assert stage.lost_penalty == 0.3


def test_every_stage_builds_under_its_own_name_and_explains_its_options():
    for name, stage in STAGES.items():
        assert build_stages({name: {}}) == (stage(),)
        explained = stage.__doc__ + STAGES['fusion'].__doc__ * (name == 'tentative_fusion')
        for option in stage_options(stage):
            assert f'    {option}: ' in explained, (name, option)


def test_stages_run_in_their_order_whatever_that_of_the_dict():
    expected = ['appearance', 'overlap', 'low_scores', 'tentative', 'reentry']
    for order in (expected, expected[::-1], sorted(expected)):
        assert names(build_stages({name: {} for name in order})) == expected


def test_another_order_is_a_list():
    order = ['reentry', 'appearance', 'tentative', 'overlap', 'low_scores']
    config = {name: {} for name in sorted(order)}
    assert names(build_stages({**config, 'order': order})) == order
    # It may name some that are left out.
    config['tentative'] = None
    assert names(build_stages({**config, 'order': tuple(order)})) == [*order[:2], *order[3:]]


def test_a_stage_of_none_is_left_out():
    stages = build_stages({'appearance': {}, 'overlap': None, 'reentry': {}})
    assert names(stages) == ['appearance', 'reentry']


@pytest.mark.parametrize(
    ('stage', 'option', 'value', 'message'),
    [
        ('appearance', 'sim_thr', 2, 'between -1 and 1'),
        ('appearance', 'sim_thr', float('nan'), 'between -1 and 1'),
        ('appearance', 'motion_weight', 1.5, 'between 0 and 1'),
        ('appearance', 'lost_penalty', -0.1, 'at least 0'),
        ('appearance', 'veto_sim_thr', -2, 'between -1 and 1'),
        ('overlap', 'iou_thr', -0.1, 'between 0 and 1'),
        ('low_scores', 'iou_thr', 2, 'between 0 and 1'),
        ('tentative', 'iou_thr', '0.5', 'between 0 and 1'),
        ('reentry', 'sim_thr', 1.1, 'between -1 and 1'),
        ('reentry', 'speed', -1, 'at least 0'),
        ('reentry', 'anywhere_seconds', -1, 'at least 0'),
        ('fusion', 'proximity_iou_thr', 1.5, 'between 0 and 1'),
        ('tentative_fusion', 'iou_thr', 1.5, 'between 0 and 1'),
    ],
)
def test_values_out_of_range_are_named_with_their_stage(stage, option, value, message):
    expected = rf'stages\.{stage}\.{option}={value!r} must be .*{message}'
    with pytest.raises(ValueError, match=expected):
        OnlineMetaTracker(stages={stage: {option: value}})


@pytest.mark.parametrize(
    ('stages', 'error', 'message'),
    [
        (('overlap',), TypeError, r"stages=\('overlap',\) must be a dict of stages"),
        (
            {'magic': {}},
            ValueError,
            "no 'magic'; there are appearance, fusion, graph, overlap",
        ),
        ({'overlap': {}, 'magic': None}, ValueError, "no 'magic'; there are"),
        ({'return': {}}, ValueError, "no 'return'; there are .*reentry"),
        ({'overlap': {'thr': 1}}, TypeError, "stage 'overlap' has no option thr; it has iou_thr"),
        (
            {'overlap': 0.5},
            TypeError,
            r'stages.overlap=0.5 must be a dict of iou_thr, height_modulated',
        ),
        ({}, ValueError, 'names no stage'),
        ({'order': ['overlap']}, ValueError, 'names no stage'),
        ({'overlap': {}, 'order': []}, ValueError, r'order=\[\] must name each of overlap once'),
        ({'overlap': {}, 'order': ['overlap'] * 2}, ValueError, 'must name each of overlap once'),
        ({'overlap': {}, 'order': ['overlap', 'x']}, ValueError, 'no other than appearance, '),
        ({'overlap': {}, 'order': 'overlap'}, ValueError, "order='overlap' must name"),
        ({'overlap': None}, ValueError, 'names no stage'),
    ],
)
def test_wrong_stages_are_named(stages, error, message):
    with pytest.raises(error, match=message):
        OnlineMetaTracker(stages=stages)


def test_an_order_in_which_the_veto_comes_too_late_is_refused():
    late = ['overlap', 'appearance']
    message = 'overlap comes before appearance, but obeys its veto, .*put appearance first'
    with pytest.raises(ValueError, match=message):
        OnlineMetaTracker(stages={'overlap': {}, 'appearance': {}, 'order': late})
    without = {'overlap': {}, 'appearance': {'veto_sim_thr': -1}, 'order': late}
    assert names(build_stages(without)) == late
    # Stages that know no veto may come first.
    early = ['low_scores', 'tentative', 'appearance']
    assert names(build_stages({**{name: {} for name in early}, 'order': early})) == early


def test_thresholds_left_out_are_those_of_what_is_compared():
    torch_head = {'type': 'MetaReIDHead', 'in_channels': 4, 'feat_channels': 3}
    tracker = OnlineMetaTracker()
    plain = tracker.appearance
    tracker.bind(MODELS.build(torch_head))
    adapted = tracker.appearance
    for default, expected in ((VETO_SIM_THR, (0.2, 0.1)), (REENTRY_SIM_THR, (0.6, 0.4))):
        assert (default.unless(None, plain), default.unless(None, adapted)) == expected
        assert default.unless(0.7, plain) == default.unless(0.7, adapted) == 0.7


# ---- configs on configs

BASE = """
model = dict(
    tracker=dict(
        type='OnlineMetaTracker',
        stages=dict(appearance=dict(sim_thr=0.3), overlap=dict(iou_thr=0.4), reentry=dict()),
    )
)
"""


def merged(tmp_path, child, cfg_options=None):
    (tmp_path / 'base.py').write_text(BASE)
    (tmp_path / 'child.py').write_text("_base_ = 'base.py'\n" + child)
    config = Config.fromfile(tmp_path / 'child.py')
    config.merge_from_dict(cfg_options or {})
    # As it comes out of the folder of a run, or a checkpoint: with sorted keys.
    config = Config.fromstring(config.pretty_text, '.py')
    return MODELS.build(config.model.tracker).matching.stages


def test_a_config_changes_one_threshold_of_an_inherited_stage(tmp_path):
    child = 'model = dict(tracker=dict(stages=dict(overlap=dict(iou_thr=0.2))))'
    expected = AppearanceStage(sim_thr=0.3), OverlapStage(iou_thr=0.2), ReentryStage()
    assert merged(tmp_path, child) == expected
    # The order in which it names them means nothing.
    child = 'model = dict(tracker=dict(stages=dict(reentry=dict(speed=3), appearance=dict())))'
    expected = AppearanceStage(sim_thr=0.3), OverlapStage(iou_thr=0.4), ReentryStage(speed=3)
    assert merged(tmp_path, child) == expected


def test_the_command_line_changes_one_threshold_of_an_inherited_stage(tmp_path):
    stages = merged(tmp_path, '', {'model.tracker.stages.reentry.sim_thr': 0.5})
    expected = AppearanceStage(sim_thr=0.3), OverlapStage(iou_thr=0.4), ReentryStage(sim_thr=0.5)
    assert stages == expected


def test_a_stage_added_to_inherited_ones_takes_its_place(tmp_path):
    child = 'model = dict(tracker=dict(stages=dict(tentative=dict())))'
    assert names(merged(tmp_path, child)) == ['appearance', 'overlap', 'tentative', 'reentry']


def test_the_inherited_order_changes(tmp_path):
    child = 'model = dict(tracker=dict(stages=dict(order=["reentry", "appearance", "overlap"])))'
    assert names(merged(tmp_path, child)) == ['reentry', 'appearance', 'overlap']


@pytest.mark.parametrize('name', ['demo/maml-mot_r18_demo', 'compare/bot-sort_r18_demo'])
def test_a_config_written_down_gives_the_same_tracker(name):
    config = Config.fromfile(CONFIGS / f'{name}.py')
    written = Config.fromstring(config.pretty_text, '.py')
    made, again = (MODELS.build(each.model.tracker) for each in (config, written))
    assert made.options == again.options


def test_an_inherited_stage_is_taken_out(tmp_path):
    child = 'model = dict(tracker=dict(stages=dict(appearance=None)))'
    assert names(merged(tmp_path, child)) == ['overlap', 'reentry']


def test_inherited_stages_are_replaced(tmp_path):
    child = (
        'model = dict(tracker=dict('
        'stages=dict(_delete_=True, tentative=dict(), overlap=dict(iou_thr=0.1))))'
    )
    assert merged(tmp_path, child) == (OverlapStage(iou_thr=0.1), TentativeStage())
