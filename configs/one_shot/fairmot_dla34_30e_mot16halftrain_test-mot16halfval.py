# The plain one-stage twin of maml-mot_dla34_30e_mot16halftrain_test-mot16halfval.py, FairMOT itself:
# joint training from the backbone's weights, without tasks.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/one_shot/fairmot_dla34_30e_mot16halftrain_test-mot16halfval.py 2
_base_ = [
    '../_base_/models/one-shot_dla34.py',
    '../_base_/datasets/mot16_half_frames.py',
    '../_base_/schedules/one-shot_joint_30e.py',
    '../_base_/default_runtime.py',
]
