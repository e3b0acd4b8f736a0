# TLR (CorrTracker) on the first half of each MOT16 training sequence, tested on the second half;
# otherwise tlr_dla34_30e_mot17halftrain_test-mot17halfval.py.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/tlr/tlr_dla34_30e_mot16halftrain_test-mot16halfval.py 2
_base_ = './tlr_dla34_30e_mot17halftrain_test-mot17halfval.py'

data_root = 'data/MOT16/'
train_dataloader = dict(dataset=dict(dataset=dict(data_root=data_root)))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
val_evaluator = dict(benchmark='MOT16')
test_evaluator = val_evaluator
