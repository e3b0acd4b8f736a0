# QDTrack on YOLOX-x (QDTrackX), all training sequences of MOT17, tested on its test sequences, which
# have no public ground truth.
# The paper of MAML MOT reports 78.7 MOTA / 77.5 IDF1 / 1935 IDs of QDTrackX on MOT17 test.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/qdtrackx/qdtrackx_yolox-x_30e_mot17train_test-mot17test.py 2
_base_ = './qdtrackx_yolox-x_30e_mot17halftrain_test-mot17halfval.py'

train_dataloader = dict(dataset=dict(dataset=dict(ann_file='annotations/train_cocoformat.json')))
test_dataloader = dict(
    dataset=dict(ann_file='annotations/test_cocoformat.json', data_prefix=dict(img_path='test'))
)
val_dataloader = None
val_evaluator = None
val_cfg = None
