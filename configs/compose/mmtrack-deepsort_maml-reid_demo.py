# mmtrack's DeepSORT model with our Re-ID network and tracker, on the demo sequences, with
# mmtrack's dataset, transforms and sampler.
#   python tools/test.py configs/compose/mmtrack-deepsort_maml-reid_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py, whose scores this must repeat.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    type='mmtrack.DeepSORT',
    data_preprocessor=dict(type='mmtrack.TrackDataPreprocessor'),
)
test_dataloader = dict(
    sampler=dict(_delete_=True, type='mmtrack.VideoSampler'),
    dataset=dict(
        _delete_=True,
        type='mmtrack.MOTChallengeDataset',
        data_root='data/demo/',
        ann_file='annotations/test_cocoformat.json',
        data_prefix=dict(img_path='test'),
        metainfo=dict(CLASSES=('pedestrian',)),
        ref_img_sampler=None,
        load_as_video=True,
        test_mode=True,
        pipeline=[
            dict(type='LoadFrame'),
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
