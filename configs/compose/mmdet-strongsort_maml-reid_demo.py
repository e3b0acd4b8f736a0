# mmdet's StrongSORT model with our Re-ID network and tracker, on the demo sequences. What the model
# adds is joining tracks after the last frame (AFLink), for which it takes a video as a whole, all
# its frames in memory; its weights (of MOT17) are downloaded.
#   python tools/test.py configs/compose/mmdet-strongsort_maml-reid_demo.py \
#       --reid work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    type='mmdet.StrongSORT',
    data_preprocessor=dict(type='mmdet.TrackDataPreprocessor'),
    postprocess_model=dict(
        type='mmdet.AppearanceFreeLink',
        checkpoint='https://download.openmmlab.com/mmtracking/mot/strongsort/mot_dataset/aflink_motchallenge_20220812_190310-a7578ad3.pth',
        temporal_threshold=(0, 30),
        spatial_threshold=50,
        confidence_threshold=0.95,
    ),
)
test_dataloader = dict(
    sampler=dict(_delete_=True, type='DefaultSampler', shuffle=False, round_up=False)
)
