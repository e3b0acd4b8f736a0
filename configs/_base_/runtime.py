# What every training has in common; no component of mmdet or mmcv is named.
# Lets any OpenMMLab tool find the components named in our configs.
custom_imports = dict(imports=['mmmaml'], allow_failed_imports=False)
default_scope = 'mmmaml'
runner_type = 'mmmaml.MetaRunner'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)
env_cfg = dict(mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0))
log_processor = dict(type='LogProcessor', window_size=20, by_epoch=True)
log_level = 'INFO'
load_from = None
resume = False
