# QDTrack on YOLOX-x (QDTrackX), first half of each MOT20 training sequence, tested on the second.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/qdtrackx/qdtrackx_yolox-x_30e_mot20halftrain_test-mot20halfval.py 2
_base_ = './qdtrackx_yolox-x_30e_mot17halftrain_test-mot17halfval.py'

data_root = 'data/MOT20/'
train_dataloader = dict(dataset=dict(dataset=dict(data_root=data_root)))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
val_evaluator = dict(benchmark='MOT20')
test_evaluator = val_evaluator
