# mmtrack's DeepSORT model with our Re-ID network and tracker, on the demo sequences, with
# mmtrack's dataset, transforms and sampler.
#   python tools/test.py configs/compose/mmtrack-deepsort_maml-reid_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py, whose scores this must repeat.
_base_ = ['../demo/maml-mot_r18_demo.py', '../_base_/datasets/mmtrack_videos.py']

model = dict(
    type='mmtrack.DeepSORT',
    data_preprocessor=dict(type='mmtrack.TrackDataPreprocessor'),
)
test_dataloader = dict(
    sampler=_base_.pop('mmtrack_sampler'),
    dataset=dict(
        **_base_.pop('mmtrack_dataset'),
        data_root='data/demo/',
        ann_file='annotations/test_cocoformat.json',
        data_prefix=dict(img_path='test'),
        pipeline=[dict(type='LoadFrame'), _base_.pop('mmtrack_packing')],
    ),
)
default_hooks = dict(visualization=_base_.pop('mmtrack_visualization'))
visualizer = _base_.pop('mmtrack_visualizer')
