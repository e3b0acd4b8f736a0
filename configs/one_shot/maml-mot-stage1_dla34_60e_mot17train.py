# The paper's stage 1 on all of MOT17 train: meta pre-training on tasks of frames.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/one_shot/maml-mot-stage1_dla34_60e_mot17train.py 2
# Stage 2, maml-mot_dla34_30e_mot17train_test-mot17test.py, starts from what this writes.
_base_ = './maml-mot-stage1_dla34_60e_mot17halftrain.py'

train_dataloader = dict(dataset=dict(dataset=dict(ann_file='annotations/train_cocoformat.json')))
