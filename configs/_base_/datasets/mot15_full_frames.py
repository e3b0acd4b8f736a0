# All training sequences of MOT15 to train, the test sequences (without ground truth) to test, whole
# frames in an input of 1088x608.
_base_ = './mot17_full_frames.py'

data_root = 'data/MOT15/'
train_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = dict(dataset=dict(data_root=data_root))
test_evaluator = dict(benchmark='MOT15')
