# TLR (CorrTracker) on all of MOT17 train, to be scored by the server; otherwise
# tlr_dla34_30e_mot17halftrain_test-mot17halfval.py.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/tlr/tlr_dla34_30e_mot17train_test-mot17test.py 2
_base_ = './tlr_dla34_30e_mot17halftrain_test-mot17halfval.py'

train_dataloader = dict(dataset=dict(dataset=dict(ann_file='annotations/train_cocoformat.json')))
test_dataloader = dict(
    dataset=dict(ann_file='annotations/test_cocoformat.json', data_prefix=dict(img_path='test'))
)
val_dataloader = val_evaluator = val_cfg = None
