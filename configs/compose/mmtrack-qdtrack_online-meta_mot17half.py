# mmtrack's QDTrack, its detector and its embeddings, with our tracker. Nothing adapts, as there is
# no head of ours.
#   python tools/test.py configs/compose/mmtrack-qdtrack_online-meta_mot17half.py CHECKPOINT
# CHECKPOINT is that of mmtrack's configs/mot/qdtrack for MOT17.
_base_ = './mmdet-qdtrack_online-meta_mot17half.py'

model = dict(
    type='mmtrack.QDTrack',
    data_preprocessor=dict(type='mmtrack.TrackDataPreprocessor'),
)
test_dataloader = dict(
    sampler=dict(_delete_=True, type='mmtrack.VideoSampler'),
    dataset=dict(
        _delete_=True,
        type='mmtrack.MOTChallengeDataset',
        data_root='data/MOT17/',
        ann_file='annotations/half-val_cocoformat.json',
        data_prefix=dict(img_path='train'),
        metainfo=dict(CLASSES=('pedestrian',)),
        ref_img_sampler=None,
        load_as_video=True,
        test_mode=True,
        pipeline=[
            dict(type='LoadFrame'),
            dict(type='mmdet.Resize', scale=(1088, 1088), keep_ratio=True),
            dict(
                type='mmtrack.PackTrackInputs',
                pack_single_img=True,
                meta_keys=('frame_rate',),
            ),
        ],
    ),
)
default_hooks = dict(
    visualization=dict(_delete_=True, type='mmtrack.TrackVisualizationHook', draw=False)
)
visualizer = dict(_delete_=True, type='mmtrack.DetLocalVisualizer')
