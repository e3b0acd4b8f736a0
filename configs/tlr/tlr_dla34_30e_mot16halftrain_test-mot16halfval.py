# TLR (CorrTracker): FairMOT with local correlation in space and time; otherwise
# ../one_shot/fairmot_dla34_30e_mot16halftrain_test-mot16halfval.py, trained on clips: tasks of
# six frames within half a second, moved alike. Identities are compared as they are.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/tlr/tlr_dla34_30e_mot16halftrain_test-mot16halfval.py 2
_base_ = '../one_shot/fairmot_dla34_30e_mot16halftrain_test-mot16halfval.py'

model = dict(
    detector=dict(
        type='CorrelationDetector',
        task_detection_loss=True,
        neck=dict(
            _delete_=True,
            type='LocalCorrelation',
            in_channels=64,
            neck=_base_.model.detector.neck,
        ),
    ),
    tracker=dict(adapt=False),
)
moved_alike = ('ShiftFrameHSV', 'AffineFrame', 'FlipFrame')
train_pipeline = [
    dict(each, per_task=True) if each['type'] in moved_alike else each
    for each in _base_.train_pipeline
]
train_dataloader = dict(
    batch_size=1,  # tasks: 6 frames on each of 2 GPUs
    dataset=dict(
        _delete_=True,
        type='EpisodicDataset',
        num_support=5,
        num_ways=32,
        window=15,
        dataset={**_base_.train_dataloader.dataset, 'pipeline': train_pipeline},
    ),
)
auto_scale_lr = dict(base_batch_size=2)  # tasks
# The statistics of tasks serve online adaptation (--cfg-options model.tracker.adapt=True).
memory_hook = dict(
    type='TaskMemoryHook',
    pipeline=_base_.memory_hook.pipeline,
    num_workers=_base_.memory_hook.num_workers,
)
custom_hooks = [dict(type='TaskCheckHook'), memory_hook]
