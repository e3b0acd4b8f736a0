# The runtime of trainings on features: nothing is drawn, and neither mmdet nor mmcv is needed.
custom_imports = dict(imports=['mmmaml'], allow_failed_imports=False)
default_scope = 'mmmaml'
runner_type = 'mmmaml.MetaRunner'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=1),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)
env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='gloo'),
)
log_processor = dict(
    type='LogProcessor',
    window_size=20,
    by_epoch=True,
    mean_pattern=r'.*(loss|time|_errors).*',
)
log_level = 'INFO'
load_from = None
resume = False
