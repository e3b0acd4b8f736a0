import inspect

import pytest

from mmmaml.models import MetaReIDHead
from mmmaml.models.trackers import OnlineMetaTracker
from mmmaml.models.trackers.tracker_options import MOVED


@pytest.mark.parametrize(
    ('name', 'value', 'message'),
    [
        ('lost_seconds', -1, 'at least 0'),
        ('recent_seconds', '2', 'at least 0'),
        ('num_tentatives', 0, 'a whole number from 1'),
        ('gallery_size', 2.5, 'a whole number from 1'),
        ('max_lost', -1, '>= 0'),
        ('max_init_iou', 1.1, 'between 0 and 1'),
        ('max_duplicate_iou', -0.1, 'between 0 and 1'),
        ('frame_rate', 0, 'greater than 0'),
        ('momentum', 1.0, 'below 1'),
        ('max_occlusion', 1.5, 'between 0 and 1'),
        ('max_occlusion', float('nan'), 'between 0 and 1'),
        ('low_score_thr', 0.9, r'at most score_thr=0\.6'),
        ('init_score_thr', 0.2, r'at least score_thr=0\.6'),
        ('kalman_box', 'xyxy', "'cxcyah' or 'cxcywh'"),
        ('motion_noise', 'none', "'per_second' or 'per_frame'"),
        ('feature_average', 'last', "'trusted' or 'exponential'"),
    ],
)
def test_values_out_of_range_are_named(name, value, message):
    with pytest.raises(ValueError, match=f'{name}={value!r} must be.*{message}'):
        OnlineMetaTracker(**{name: value})


def test_every_option_is_in_the_signature_and_explained():
    parameters = inspect.signature(OnlineMetaTracker).parameters.values()
    named = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    assert len(named) == len(parameters) - 1
    for name in named:
        assert f'    {name}: ' in OnlineMetaTracker.__doc__, name


def test_an_unknown_option_is_named_with_those_there_are():
    with pytest.raises(TypeError, match=r'no option match_thr; it has reid, .*, rate_certainty$'):
        OnlineMetaTracker(match_thr=0.5)


@pytest.mark.parametrize(
    ('name', 'place'),
    [
        ('match_sim_thr', 'sim_thr of the stage appearance'),
        ('overlap_sim_thr', 'veto_sim_thr of the stage appearance'),
        ('unseen_cost', 'lost_penalty of the stage appearance'),
        ('match_iou_thr', 'iou_thr of the stages overlap, low_scores and fusion'),
        ('reentry_sim_thr', 'sim_thr of the stage reentry'),
    ],
)
def test_an_option_that_has_moved_is_named_with_its_stage(name, place):
    with pytest.raises(TypeError, match=rf'no option {name}; {name} is now {place}.*stages=dict'):
        OnlineMetaTracker(**{name: 0.5})


def test_several_wrong_options_are_all_named():
    message = 'max_covered, thr; max_covered is now max_occlusion; it has reid'
    with pytest.raises(TypeError, match=message):
        OnlineMetaTracker(thr=1, max_covered=1.0)


def test_what_has_moved_is_no_option_any_more():
    assert not set(MOVED) & set(inspect.signature(OnlineMetaTracker).parameters)


def test_an_unknown_key_of_reid_is_named():
    with pytest.raises(TypeError, match='reid has no option size; it has img_scale'):
        OnlineMetaTracker(reid={'size': (256, 128)})


def test_extremes_are_allowed():
    options = OnlineMetaTracker(
        max_occlusion=0, lost_seconds=0, max_lost=0, momentum=0, score_thr=-5, low_score_thr=-9
    ).options
    assert options.life.max_lost == 0


@pytest.mark.parametrize(
    'name', ['num_steps', 'shrinkage', 'prior_weight', 'memory', 'inner_lr', 'temperature']
)
@pytest.mark.parametrize('value', [float('nan'), -1.0, 'a'])
def test_bad_numbers_of_the_adapter_are_named(name, value):
    with pytest.raises(ValueError, match=f'{name}=.* must be'):
        OnlineMetaTracker(adapter_cfg={name: value}).bind(MetaReIDHead(6, 4))


@pytest.mark.parametrize('frame_rate', [0, -1.0, float('nan'), '25'])
def test_bad_frame_rates_of_a_video_are_named(frame_rate):
    with pytest.raises(ValueError, match=r'frame_rate=.* must be greater than 0'):
        OnlineMetaTracker().reset(frame_rate)


class TestWhenItIsBuilt:
    @pytest.mark.parametrize('name', ['adapter_cfg', 'reid', 'camera_motion'])
    @pytest.mark.parametrize('value', [3, True, ['solver']])
    def test_groups_of_options_are_dicts(self, name: str, value: object) -> None:
        with pytest.raises(ValueError, match=rf'{name}=.* must be a dict of options'):
            OnlineMetaTracker(**{name: value})

    @pytest.mark.parametrize(
        ('options', 'message'),
        [
            (
                {'adapter_cfg': {'shrink': 1}},
                'adapter_cfg has no option shrink; it has blend_tasks',
            ),
            ({'adapter_cfg': {'head': None}}, 'adapter_cfg has no option head'),
            (
                {'camera_motion': {'side': 1}},
                'camera_motion has no option side; it has method, max',
            ),
            ({'reid': {'renormalise': {'rate': 1}}}, 'reid.renormalise has no option rate'),
        ],
    )
    def test_unknown_options_of_groups(self, options: dict, message: str) -> None:
        with pytest.raises(TypeError, match=message):
            OnlineMetaTracker(**options)

    def test_values_of_the_adapter_before_there_is_a_head(self) -> None:
        with pytest.raises(ValueError, match='shrinkage=-1 must be positive'):
            OnlineMetaTracker(adapter_cfg={'shrinkage': -1})

    @pytest.mark.parametrize('value', [0, -1, float('inf'), float('nan'), True, '25'])
    def test_frame_rates(self, value: object) -> None:
        with pytest.raises(ValueError, match=r'frame_rate=.* must be greater than 0'):
            OnlineMetaTracker(frame_rate=value)
        with pytest.raises(ValueError, match=r'frame_rate=.* must be greater than 0'):
            OnlineMetaTracker().reset(value)
