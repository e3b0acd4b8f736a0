# The runtime of trainings on pictures, whose tracks can be drawn.
_base_ = './runtime.py'

default_hooks = dict(
    checkpoint=dict(interval=10, max_keep_ckpts=3),
    visualization=dict(type='mmdet.TrackVisualizationHook', draw=False),
)
env_cfg = dict(cudnn_benchmark=True, dist_cfg=dict(backend='nccl'))
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='TrackVisualizer', vis_backends=vis_backends)
log_processor = dict(mean_pattern=r'.*(loss|time|_ce|grad_norm).*')
