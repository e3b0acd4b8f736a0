# The paper's meta pre-training: 60 epochs of Adam, outer rate 1e-4, 12 tasks on 2 GPUs.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=60, val_interval=60)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=200),
    dict(type='MultiStepLR', by_epoch=True, milestones=[40], gamma=0.1),
]
auto_scale_lr = dict(enable=False, base_batch_size=12)
