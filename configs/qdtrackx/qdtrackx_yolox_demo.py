# QDTrack on a small YOLOX, on generated sequences: the frames of ../one_shot/one-shot_r18_demo.py
# in tasks of three, from random weights in minutes on a CPU.
# On the two held-out sequences 48.9 MOTA and 41.0 IDF1, with its own detections.
#   python tools/dataset_converters/make_demo_data.py data/one_shot --train 6 --test 2 --frames 120 --people 20 --fps 10
#   python tools/train.py configs/qdtrackx/qdtrackx_yolox_demo.py
#   python tools/test.py configs/qdtrackx/qdtrackx_yolox_demo.py work_dirs/qdtrackx_yolox_demo/epoch_12.pth
_base_ = [
    '../_base_/models/qdtrackx_yolox-x.py',
    '../_base_/datasets/mot17_full_frames.py',
    '../_base_/default_runtime.py',
]

data_root = 'data/one_shot/'
scale = (320, 192)
load = [
    dict(type='LoadFrame'),
    dict(type='mmdet.LoadTrackAnnotations'),
    dict(type='LetterboxFrame', scale=scale, fill=114),
]
train_pipeline = [
    *load,
    dict(type='ShiftFrameHSV', saturation=0.3, value=0.3),
    # Without rotation, which makes boxes wider than people are.
    dict(type='AffineFrame', rotation=0, scale=(0.8, 1.2), shear=0, fill=114),
    dict(type='FlipFrame'),
    dict(type='PackFrame'),
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

strides = [4, 8, 16]  # people are ten pixels wide
model = dict(
    num_regions=128,
    detector=dict(
        backbone=dict(
            widen_factor=0.25,
            # Without the last stage of YOLOX. Channels in and out, blocks, shortcuts, no pooling.
            arch_ovewrite=[
                [64, 128, 1, True, False],
                [128, 256, 1, True, False],
                [256, 384, 1, False, False],
            ],
            deepen_factor=1.0,
            out_indices=(1, 2, 3),
        ),
        neck=dict(in_channels=[32, 64, 96], out_channels=32, num_csp_blocks=1),
        bbox_head=dict(in_channels=32, feat_channels=32, strides=strides),
        init_cfg=None,
    ),
    track_head=dict(
        roi_extractor=dict(out_channels=32, featmap_strides=strides),
        embed_head=dict(
            num_convs=1,
            num_fcs=1,
            in_channels=32,
            conv_out_channels=32,
            fc_out_channels=128,
            embed_channels=64,
            norm_cfg=dict(num_groups=8),
            loss_track=dict(loss_weight=1.0),
        ),
        train_cfg=dict(sampler=dict(num=64)),
    ),
)
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        _delete_=True,
        type='EpisodicDataset',
        num_support=2,
        num_ways=16,
        window=30,
        dataset=dict(
            type='MOTFrameDataset',
            data_root=data_root,
            ann_file='annotations/train_cocoformat.json',
            data_prefix=dict(img_path='train'),
            min_visibility=0.15,
            pipeline=train_pipeline,
        ),
    ),
)
test_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(data_root=data_root, pipeline=test_pipeline),
)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=12)
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='Adam', lr=2e-3), clip_grad=dict(max_norm=10)
)
# Over the whole training, also if max_epochs is another.
param_scheduler = [dict(type='CosineAnnealingLR', by_epoch=True, convert_to_iter_based=True)]
default_hooks = dict(checkpoint=dict(interval=12))
randomness = dict(seed=0)
env_cfg = dict(dist_cfg=dict(backend='gloo'))
custom_hooks = [dict(type='TaskMemoryHook', pipeline=[*load, dict(type='PackFrame')])]
