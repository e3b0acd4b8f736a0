# QDTrack on YOLOX-x (QDTrackX), first half of each MOT17 training sequence, tested on the second.
# The paper of MAML MOT reports 78.7 MOTA / 77.5 IDF1 / 1935 IDs of QDTrackX on MOT17 test.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/qdtrackx/qdtrackx_yolox-x_30e_mot17halftrain_test-mot17halfval.py 2
_base_ = [
    '../_base_/models/qdtrackx_yolox-x.py',
    '../_base_/datasets/mot17_half_frames.py',
    '../_base_/schedules/qdtrackx_30e.py',
    '../_base_/default_runtime.py',
]

scale = (1440, 800)
load = [
    dict(type='LoadFrame'),
    dict(type='mmdet.LoadTrackAnnotations'),
    dict(type='LetterboxFrame', scale=scale, fill=114),
]
test_pipeline = [
    dict(
        type='TransformBroadcaster',
        transforms=[
            dict(type='LoadFrame'),
            dict(type='mmdet.Resize', scale=scale, keep_ratio=True),
        ],
    ),
    dict(type='mmdet.PackTrackInputs', meta_keys=('frame_rate',)),
]
train_dataloader = dict(
    batch_size=2,  # pairs on each of 2 GPUs
    dataset=dict(
        _delete_=True,
        type='EpisodicDataset',
        num_support=1,
        num_query=1,
        num_ways=16,
        window=20,
        dataset=dict(
            type='MOTFrameDataset',
            data_root='data/MOT17/',
            ann_file='annotations/half-train_cocoformat.json',
            data_prefix=dict(img_path='train'),
            pipeline=[
                *load,
                dict(type='ShiftFrameHSV', saturation=0.5, value=0.5),
                dict(type='AffineFrame', rotation=0, scale=(0.8, 1.2), shear=0, fill=114),
                dict(type='FlipFrame'),
                dict(type='PackFrame'),
            ],
        ),
    ),
)
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
custom_hooks = [
    dict(type='TaskMemoryHook', pipeline=[*load, dict(type='PackFrame')], num_workers=4)
]
