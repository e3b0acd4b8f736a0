# MAML-MOT on crops, first half of each MOT16 training sequence, tested on the second.
# The paper reports 79.7 MOTA / 80.2 IDF1 / 469 IDs on MOT16 test, with a one-shot network
# and its own detections; this config shares its meta-learning, not its detector.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/maml_mot/maml-mot_r50_60e_mot16halftrain_test-mot16halfval.py 2
#   bash tools/dist_test.sh configs/maml_mot/maml-mot_r50_60e_mot16halftrain_test-mot16halfval.py work_dirs/maml-mot_r50_60e_mot16halftrain_test-mot16halfval/epoch_60.pth 2
# MOTA, IDF1, IDs of the second halves, from the public detections in det/det.txt.
_base_ = [
    '../_base_/models/maml-mot_r50.py',
    '../_base_/datasets/mot16_half.py',
    '../_base_/schedules/maml_60e.py',
    '../_base_/default_runtime.py',
]
