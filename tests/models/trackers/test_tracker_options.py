from dataclasses import fields

import pytest

from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.models.trackers.frame_matching import FrameMatching
from mmmaml.models.trackers.tracker_options import STAGES, TrackerOptions


@pytest.mark.parametrize(
    ('name', 'value', 'message'),
    [
        ('motion_weight', 1.5, 'between 0 and 1'),
        ('match_iou_thr', -0.1, 'between 0 and 1'),
        ('match_sim_thr', 2, 'between -1 and 1'),
        ('match_sim_thr', float('nan'), 'between -1 and 1'),
        ('lost_seconds', -1, 'at least 0'),
        ('num_tentatives', 0, 'a whole number from 1'),
        ('gallery_size', 2.5, 'a whole number from 1'),
        ('max_lost', -1, '>= 0'),
        ('frame_rate', 0, 'greater than 0'),
        ('momentum', 1.0, 'below 1'),
        ('reentry_sim_thr', -2, 'at least -1'),
        ('proximity_iou_thr', 1.5, 'between 0 and 1'),
        ('low_iou_thr', -0.5, 'between 0 and 1, or None'),
        ('low_score_thr', 0.9, r'at most score_thr=0\.4'),
        ('init_score_thr', 0.2, r'at least score_thr=0\.4'),
    ],
)
def test_values_out_of_range_are_named(name, value, message):
    with pytest.raises(ValueError, match=f'{name}={value}.*{message}'):
        OnlineMetaTracker(**{name: value})


@pytest.mark.parametrize(
    ('name', 'value', 'message'),
    [
        ('stages', ['overlap', 'magic'], r"\('overlap', 'magic'\) must be of appearance, overlap"),
        ('kalman_box', 'xyxy', "'xyxy' must be 'cxcyah' or 'cxcywh'"),
        ('feature_average', 'last', "'last' must be 'trusted' or 'exponential'"),
    ],
)
def test_unknown_choices_are_named_with_those_there_are(name, value, message):
    with pytest.raises(ValueError, match=f'{name}={message}'):
        OnlineMetaTracker(**{name: value})


def test_every_stage_is_a_method():
    for stage in STAGES:
        assert callable(getattr(FrameMatching, f'by_{stage}'))
    assert OnlineMetaTracker(stages=['overlap']).options.stages == ('overlap',)


def test_an_unknown_argument_is_named_with_those_there_are():
    with pytest.raises(TypeError, match=r'no argument match_thr; .*match_sim_thr'):
        OnlineMetaTracker(match_thr=0.5)


def test_every_knob_is_explained():
    for each in fields(TrackerOptions):
        assert f'    {each.name}: ' in TrackerOptions.__doc__, each.name


def test_extremes_are_allowed():
    options = OnlineMetaTracker(
        motion_weight=1, max_covered=0, reentry_sim_thr=1.1, lost_seconds=0, max_lost=0, momentum=0
    ).options
    assert options.max_lost == 0
