# TLR (CorrTracker) on all of MOT20 train, to be scored by the server; otherwise
# tlr_dla34_30e_mot20halftrain_test-mot20halfval.py.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/tlr/tlr_dla34_30e_mot20train_test-mot20test.py 2
_base_ = './tlr_dla34_30e_mot20halftrain_test-mot20halfval.py'

train_dataloader = dict(dataset=dict(dataset=dict(ann_file='annotations/train_cocoformat.json')))
test_dataloader = dict(
    dataset=dict(ann_file='annotations/test_cocoformat.json', data_prefix=dict(img_path='test'))
)
val_dataloader = val_evaluator = val_cfg = None
