# mmdet's DeepSORT model with our Re-ID network and tracker, on the demo sequences.
#   python tools/test.py configs/compose/mmdet-deepsort_maml-reid_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py, whose scores this must repeat.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    type='mmdet.DeepSORT',
    data_preprocessor=dict(type='mmdet.TrackDataPreprocessor'),
)
