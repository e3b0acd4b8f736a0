# The runtime of trainings on features: nothing is drawn, and neither mmdet nor mmcv is needed.
_base_ = './runtime.py'

default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=1))
env_cfg = dict(cudnn_benchmark=False, dist_cfg=dict(backend='gloo'))
log_processor = dict(mean_pattern=r'.*(loss|time|_errors).*')
