# First half of every training sequence of MOT15 to train, second half to test.
_base_ = './mot17_half.py'

data_root = 'data/MOT15/'
train_dataloader = dict(dataset=dict(dataset=dict(data_root=data_root)))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
val_evaluator = dict(benchmark='MOT15')
test_evaluator = val_evaluator
