# QDTrack on YOLOX-x (QDTrackX), all training sequences of MOT20, tested on its test sequences, which
# have no public ground truth.
# The paper of MAML MOT reports 74.7 MOTA / 73.8 IDF1 / 1042 IDs of QDTrackX on MOT20 test.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/qdtrackx/qdtrackx_yolox-x_30e_mot20train_test-mot20test.py 2
_base_ = './qdtrackx_yolox-x_30e_mot17train_test-mot17test.py'

data_root = 'data/MOT20/'
train_dataloader = dict(dataset=dict(dataset=dict(data_root=data_root)))
test_dataloader = dict(dataset=dict(data_root=data_root))
test_evaluator = dict(benchmark='MOT20')
