# Stage 2 of the paper, FairMOT's schedule: joint training of detection and identification by Adam
# for 30 epochs, 1e-4 and 1e-5 from epoch 20, a batch of 12 frames on 2 GPUs.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=30, val_interval=30)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4))
param_scheduler = [dict(type='MultiStepLR', by_epoch=True, milestones=[20], gamma=0.1)]
auto_scale_lr = dict(enable=False, base_batch_size=12)

memory_hook = dict(
    type='TaskMemoryHook',
    dataset=dict(type='EpisodicDataset', num_support=5, num_ways=8, window=60),
    pipeline=[
        dict(type='LoadFrame'),
        dict(type='mmdet.LoadTrackAnnotations'),
        dict(type='LetterboxFrame', scale=(1088, 608)),
        dict(type='PackFrame'),
    ],
    num_workers=4,
)
custom_hooks = [dict(type='TaskCheckHook'), memory_hook]
