# The plain one-stage twin of maml-mot_dla34_30e_mot20halftrain_test-mot20halfval.py, FairMOT itself:
# joint training from the backbone's weights, without tasks.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/one_shot/fairmot_dla34_30e_mot20halftrain_test-mot20halfval.py 2
_base_ = [
    '../_base_/models/one-shot_dla34.py',
    '../_base_/datasets/mot20_half_frames.py',
    '../_base_/schedules/one-shot_joint_30e.py',
    '../_base_/default_runtime.py',
]

# As in its twin.
model = dict(tracker=dict(score_thr=0.3, init_score_thr=0.4))
