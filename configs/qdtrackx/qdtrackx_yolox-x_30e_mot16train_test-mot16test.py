# QDTrack on YOLOX-x (QDTrackX), all training sequences of MOT16, tested on its test sequences, which
# have no public ground truth.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/qdtrackx/qdtrackx_yolox-x_30e_mot16train_test-mot16test.py 2
_base_ = './qdtrackx_yolox-x_30e_mot17train_test-mot17test.py'

data_root = 'data/MOT16/'
train_dataloader = dict(dataset=dict(dataset=dict(data_root=data_root)))
test_dataloader = dict(dataset=dict(data_root=data_root))
test_evaluator = dict(benchmark='MOT16')
