# Stage 1 of the paper: meta pre-training for 60 epochs, one gradient step of the inner loop at 5e-3,
# outer rate 1e-4, a batch of 12 frames on 2 GPUs: one task of 6 frames each. Nothing is tested:
# heatmap and boxes are learned in stage 2.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=60)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4))
param_scheduler = []
auto_scale_lr = dict(enable=False, base_batch_size=2)  # tasks

custom_hooks = [
    dict(type='TaskCheckHook'),
    dict(type='MAMLOptimizerHook', inner_lr=5e-3, num_steps=1),
]
