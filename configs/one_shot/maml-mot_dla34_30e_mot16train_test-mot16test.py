# MAML-MOT as the paper runs it, stage 2 on all of MOT16 train, tested on MOT16 test.
# The paper reports 79.7 / 80.2 / 469 (MOTA / IDF1 / IDs) on MOT16 test.
# Not trained by us yet: no number of our own to expect.
# After stage 1, maml-mot-stage1_dla34_60e_mot16train.py:
#   bash tools/dist_train.sh configs/one_shot/maml-mot_dla34_30e_mot16train_test-mot16test.py 2
#   bash tools/dist_test.sh configs/one_shot/maml-mot_dla34_30e_mot16train_test-mot16test.py work_dirs/maml-mot_dla34_30e_mot16train_test-mot16test/epoch_30.pth 2
# Writes the files for the server; the test set has no public ground truth.
_base_ = [
    '../_base_/models/one-shot-maml_dla34.py',
    '../_base_/datasets/mot16_full_frames.py',
    '../_base_/schedules/one-shot_joint-maml_30e.py',
    '../_base_/default_runtime.py',
]

load_from = 'work_dirs/maml-mot-stage1_dla34_60e_mot16train/epoch_60.pth'
