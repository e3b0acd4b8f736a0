# mmtrack's QDTrack, its detector and its embeddings, with our tracker. Nothing adapts, as there is
# no head of ours.
#   python tools/test.py configs/compose/mmtrack-qdtrack_online-meta_mot17half.py CHECKPOINT
# CHECKPOINT is that of mmtrack's configs/mot/qdtrack for MOT17.
_base_ = [
    './mmdet-qdtrack_online-meta_mot17half.py',
    '../_base_/datasets/mmtrack_videos.py',
]

model = dict(
    type='mmtrack.QDTrack',
    data_preprocessor=dict(type='mmtrack.TrackDataPreprocessor'),
)
test_dataloader = dict(
    sampler=_base_.pop('mmtrack_sampler'),
    dataset=dict(
        **_base_.pop('mmtrack_dataset'),
        data_root='data/MOT17/',
        ann_file='annotations/half-val_cocoformat.json',
        data_prefix=dict(img_path='train'),
        pipeline=[
            dict(type='LoadFrame'),
            dict(type='mmdet.Resize', scale=(1088, 1088), keep_ratio=True),
            _base_.pop('mmtrack_packing'),
        ],
    ),
)
default_hooks = dict(visualization=_base_.pop('mmtrack_visualization'))
visualizer = _base_.pop('mmtrack_visualizer')
