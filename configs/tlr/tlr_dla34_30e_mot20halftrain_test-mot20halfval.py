# TLR (CorrTracker) on the first half of each MOT20 training sequence, tested on the second half;
# otherwise tlr_dla34_30e_mot17halftrain_test-mot17halfval.py.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/tlr/tlr_dla34_30e_mot20halftrain_test-mot20halfval.py 2
_base_ = './tlr_dla34_30e_mot17halftrain_test-mot17halfval.py'

data_root = 'data/MOT20/'
train_dataloader = dict(dataset=dict(dataset=dict(data_root=data_root)))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
val_evaluator = dict(benchmark='MOT20')
test_evaluator = val_evaluator
model = dict(tracker=dict(score_thr=0.3, init_score_thr=0.4))  # as in ../one_shot
