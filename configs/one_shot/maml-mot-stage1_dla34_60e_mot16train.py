# The paper's stage 1 on all of MOT16 train: meta pre-training on tasks of frames.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/one_shot/maml-mot-stage1_dla34_60e_mot16train.py 2
# Stage 2, maml-mot_dla34_30e_mot16train_test-mot16test.py, starts from what this writes.
_base_ = './maml-mot-stage1_dla34_60e_mot17halftrain.py'

train_dataloader = dict(
    dataset=dict(
        dataset=dict(data_root='data/MOT16/', ann_file='annotations/train_cocoformat.json')
    )
)
