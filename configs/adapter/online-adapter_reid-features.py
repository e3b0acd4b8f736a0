# What online adaptation starts from, learned by episodes that imitate tracking, over the frozen
# features of a Re-ID network. Numbers, prior scatter and last layer are one file in the end.
#   mmmaml fit-prior PEOPLE_DIR --reid REID.onnx --out prior.npz --features features.npz
#   python tools/train.py configs/adapter/online-adapter_reid-features.py
#   mmmaml track VIDEO --detector DETECTOR.onnx --reid REID.onnx \
#       --prior work_dirs/online-adapter_reid-features/prior.npz
# docs/evidence_appendix.md tells what it gives on real video.
custom_imports = dict(imports=['mmmaml'], allow_failed_imports=False)
default_scope = 'mmmaml'
runner_type = 'mmmaml.MetaRunner'

model = dict(type='AdapterLearner', prior='prior.npz', learn=('numbers', 'scatter'))
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    dataset=dict(type='TrackingEpisodes', features='features.npz'),
    sampler=dict(type='EpisodeSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
)
train_cfg = dict(by_epoch=True, max_epochs=1)
# The numbers are few and learned in the logarithm; the scatter has a hundred thousand.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='Adam', lr=2e-3),
    paramwise_cfg=dict(custom_keys={'numbers': dict(lr_mult=10)}),
)
param_scheduler = [dict(type='CosineAnnealingLR', by_epoch=True, convert_to_iter_based=True)]
custom_hooks = [dict(type='PriorFileHook')]
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
