# All training sequences of MOT15 to train, the test sequences (without ground truth) to test.
_base_ = './mot17_full.py'

data_root = 'data/MOT15/'
train_dataloader = dict(dataset=dict(dataset=dict(data_root=data_root)))
test_dataloader = dict(dataset=dict(data_root=data_root))
test_evaluator = dict(benchmark='MOT15')
