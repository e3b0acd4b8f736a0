# SGT_mot on the first half of each MOT20 training sequence, tested on the second; otherwise
# sgt_dla34_50e_mot17halftrain_test-mot17halfval.py.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/sgt/sgt_dla34_20e_mot20halftrain_test-mot20halfval.py 2
_base_ = './sgt_dla34_50e_mot17halftrain_test-mot17halfval.py'

data_root = 'data/MOT20/'
train_dataloader = dict(dataset=dict(dataset=dict(data_root=data_root)))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
val_evaluator = dict(benchmark='MOT20')
test_evaluator = val_evaluator

# People are more here, and so are the tasks of an epoch.
train_cfg = dict(max_epochs=20, val_interval=20)
param_scheduler = [dict(type='MultiStepLR', by_epoch=True, milestones=[13], gamma=0.1)]
model = dict(
    detector=dict(bbox_head=dict(graph=dict(max_nodes=300))),  # up to 250 people in a frame
    tracker=dict(score_thr=0.3, init_score_thr=0.4),  # as in ../one_shot
)
