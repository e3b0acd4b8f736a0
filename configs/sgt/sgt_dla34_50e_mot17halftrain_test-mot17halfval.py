# SGT_mot: FairMOT's network with a graph of the people of two frames, trained on tasks of six frames of
# a second, in which frames that follow one another are the pairs of the graph. As many frames as in
# ../one_shot/fairmot_dla34_30e_mot17halftrain_test-mot17halfval.py, in 50 epochs of one task a person.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/sgt/sgt_dla34_50e_mot17halftrain_test-mot17halfval.py 2
_base_ = '../one_shot/fairmot_dla34_30e_mot17halftrain_test-mot17halfval.py'

# People move from frame to frame, the frames of a task do not.
train_pipeline = [
    dict(type='LoadFrame'),
    dict(type='mmdet.LoadTrackAnnotations'),
    dict(type='ShiftFrameHSV', saturation=0.5, value=0.5),
    dict(type='LetterboxFrame', scale=_base_.scale),
    dict(
        type='AffineFrame', rotation=5, scale=(0.5, 1.2), shear=2, translation=0.1, per_task=True
    ),
    dict(type='FlipFrame', prob=0.5, per_task=True),
    dict(type='PackFrame'),
]
train_dataloader = dict(
    batch_size=1,  # tasks: 6 frames on each of 2 GPUs
    dataset=dict(
        _delete_=True,
        type='EpisodicDataset',
        num_support=5,
        num_query=1,
        num_ways=64,
        window=30,
        dataset=dict(**_base_.train_dataloader.dataset) | dict(pipeline=train_pipeline),
    ),
)
model = dict(
    detector=dict(
        task_detection_loss=True,
        bbox_head=dict(type='GraphHead'),
        test_cfg=dict(score_thr=0.02),  # weak boxes are nodes, too
    ),
    tracker=dict(adapt=False, low_score_thr=0.02, stages=dict(_delete_=True, graph=dict())),
)
train_cfg = dict(max_epochs=50, val_interval=50)
param_scheduler = [dict(type='MultiStepLR', by_epoch=True, milestones=[33], gamma=0.1)]
auto_scale_lr = dict(base_batch_size=2)
custom_hooks = [
    dict(type='TaskCheckHook'),
    dict(type='TaskMemoryHook', pipeline=_base_.memory_hook.pipeline, num_workers=4),
]
