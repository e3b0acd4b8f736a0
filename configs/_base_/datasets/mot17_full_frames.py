# All training sequences of MOT17 to train, the test sequences (without ground truth) to test, whole
# frames in an input of 1088x608.
_base_ = './mot17_half_frames.py'

train_dataloader = dict(dataset=dict(ann_file='annotations/train_cocoformat.json'))
test_dataloader = dict(
    dataset=dict(ann_file='annotations/test_cocoformat.json', data_prefix=dict(img_path='test'))
)
val_dataloader = None
val_evaluator = None
val_cfg = None
