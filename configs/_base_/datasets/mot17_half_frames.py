# First half of every training sequence of MOT17 to train, second half to test, whole frames in an
# input of 1088x608. Hidden people train detection, whom less than 0.3 is visible of not identity.
_base_ = './mot17_half.py'

scale = (1088, 608)
train_pipeline = [
    dict(type='LoadFrame'),
    dict(type='mmdet.LoadTrackAnnotations'),
    dict(type='ShiftFrameHSV', saturation=0.5, value=0.5),
    dict(type='LetterboxFrame', scale=scale),
    dict(type='AffineFrame', rotation=5, scale=(0.5, 1.2), shear=2, translation=0.1),
    dict(type='FlipFrame', prob=0.5),
    dict(type='PackFrame'),
]
test_pipeline = [
    dict(
        type='TransformBroadcaster',
        transforms=[dict(type='LoadFrame'), dict(type='LetterboxFrame', scale=scale)],
    ),
    dict(type='mmdet.PackTrackInputs', meta_keys=('frame_rate', 'pad_param')),
]

train_dataloader = dict(
    batch_size=6,  # frames on each of 2 GPUs
    dataset=dict(
        _delete_=True,
        type='MOTFrameDataset',
        data_root='data/MOT17/',
        ann_file='annotations/half-train_cocoformat.json',
        data_prefix=dict(img_path='train'),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
