# Lets any OpenMMLab tool find the components named in our configs.
custom_imports = dict(imports=['mmmaml'], allow_failed_imports=False)
default_scope = 'mmmaml'
runner_type = 'mmmaml.MetaRunner'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', interval=10, max_keep_ckpts=3),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='mmdet.TrackVisualizationHook', draw=False),
)
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='TrackVisualizer', vis_backends=vis_backends)
log_processor = dict(
    type='LogProcessor',
    window_size=20,
    by_epoch=True,
    mean_pattern=r'.*(loss|time|_ce|grad_norm).*',
)
log_level = 'INFO'
load_from = None
resume = False
