# MAML-MOT as the paper runs it, stage 2 on all of MOT17 train, tested on MOT17 test.
# The paper reports 79.9 / 77.3 / 1890 (MOTA / IDF1 / IDs) on MOT17 test.
# Not trained by us yet: no number of our own to expect.
# After stage 1, maml-mot-stage1_dla34_60e_mot17train.py:
#   bash tools/dist_train.sh configs/one_shot/maml-mot_dla34_30e_mot17train_test-mot17test.py 2
#   bash tools/dist_test.sh configs/one_shot/maml-mot_dla34_30e_mot17train_test-mot17test.py work_dirs/maml-mot_dla34_30e_mot17train_test-mot17test/epoch_30.pth 2
# Writes the files for the server; the test set has no public ground truth.
_base_ = [
    '../_base_/models/one-shot-maml_dla34.py',
    '../_base_/datasets/mot17_full_frames.py',
    '../_base_/schedules/one-shot_joint-maml_30e.py',
    '../_base_/default_runtime.py',
]

load_from = 'work_dirs/maml-mot-stage1_dla34_60e_mot17train/epoch_60.pth'
