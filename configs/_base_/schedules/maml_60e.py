# The paper's meta pre-training: 60 epochs, outer rate 1e-4, a batch of 12 on 2 GPUs (here tasks).
# Adam is what the paper names for the joint training after it, which needs a one-shot network.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=60, val_interval=60)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4))
param_scheduler = []
auto_scale_lr = dict(enable=False, base_batch_size=12)

# The inner loop: the one line that the plain twins leave out is that of MAMLOptimizerHook.
custom_hooks = [
    dict(type='TaskCheckHook'),
    dict(type='MAMLOptimizerHook', solver='closed_form'),
    dict(type='TaskMemoryHook', pipeline=[dict(type='LoadCrop', scale=(128, 256))], num_workers=4),
]
