# The paper's stage 1 on first half of each MOT17 training sequence: meta pre-training on tasks of frames.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/one_shot/maml-mot-stage1_dla34_60e_mot17halftrain.py 2
# Stage 2, maml-mot_dla34_30e_mot17halftrain_test-mot17halfval.py, starts from what this writes.
_base_ = [
    '../_base_/models/one-shot-maml_dla34.py',
    '../_base_/datasets/mot17_half_frames.py',
    '../_base_/schedules/one-shot_meta_60e.py',
    '../_base_/default_runtime.py',
]

train_dataloader = dict(
    batch_size=1,  # tasks: 6 frames on each of 2 GPUs
    dataset=dict(
        _delete_=True,
        type='EpisodicDataset',
        num_support=5,
        num_query=1,
        num_ways=32,  # at most; one pass over the frames serves all
        window=60,
        dataset={{_base_.train_dataloader.dataset}},
    ),
)
val_dataloader = val_evaluator = val_cfg = None
test_dataloader = test_evaluator = test_cfg = None
