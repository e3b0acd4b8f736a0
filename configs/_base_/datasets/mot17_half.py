# First half of every training sequence of MOT17 to train, second half to test.
data_root = 'data/MOT17/'

train_pipeline = [
    dict(type='LoadCrop', scale=(128, 256), jitter=0.05),
    dict(type='FlipCrop', prob=0.5),
    dict(type='ShiftTaskAppearance'),
    dict(type='RandomEraseCrop', prob=0.5),
]
test_pipeline = [
    dict(type='TransformBroadcaster', transforms=[dict(type='LoadFrame')]),
    dict(type='mmdet.PackTrackInputs', meta_keys=('frame_rate',)),
]

train_dataloader = dict(
    batch_size=6,  # tasks: 6 x 8 ways x 5 images on each of 2 GPUs
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='EpisodeSampler', shuffle=True),
    dataset=dict(
        type='EpisodicDataset',
        num_support=4,
        num_query=1,
        num_ways=8,
        dataset=dict(
            type='MOTCropDataset',
            data_root=data_root,
            ann_file='annotations/half-train_cocoformat.json',
            data_prefix=dict(img_path='train'),
            pipeline=train_pipeline,
        ),
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='WholeVideoSampler'),
    dataset=dict(
        type='MOTVideoDataset',
        data_root=data_root,
        ann_file='annotations/half-val_cocoformat.json',
        data_prefix=dict(img_path='train'),
        metainfo=dict(classes=('pedestrian',)),
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(type='MOTMetric', benchmark='MOT17')
test_evaluator = val_evaluator
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
