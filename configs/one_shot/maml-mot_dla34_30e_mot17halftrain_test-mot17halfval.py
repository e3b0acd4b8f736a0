# MAML-MOT as the paper runs it, stage 2 on first half of each MOT17 training sequence, tested on the second.
# The paper reports 79.9 / 77.3 / 1890 (MOTA / IDF1 / IDs) on MOT17 test.
# Not trained by us yet: no number of our own to expect.
# After stage 1, maml-mot-stage1_dla34_60e_mot17halftrain.py:
#   bash tools/dist_train.sh configs/one_shot/maml-mot_dla34_30e_mot17halftrain_test-mot17halfval.py 2
#   bash tools/dist_test.sh configs/one_shot/maml-mot_dla34_30e_mot17halftrain_test-mot17halfval.py work_dirs/maml-mot_dla34_30e_mot17halftrain_test-mot17halfval/epoch_30.pth 2
# MOTA, IDF1, IDs of the second halves, with its own detections.
_base_ = [
    '../_base_/models/one-shot-maml_dla34.py',
    '../_base_/datasets/mot17_half_frames.py',
    '../_base_/schedules/one-shot_joint-maml_30e.py',
    '../_base_/default_runtime.py',
]

load_from = 'work_dirs/maml-mot-stage1_dla34_60e_mot17halftrain/epoch_60.pth'
