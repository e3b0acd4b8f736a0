# MAML-MOT as the paper runs it, stage 2 on all of MOT20 train, tested on MOT20 test.
# The paper reports 76.2 / 76.6 / 1358 (MOTA / IDF1 / IDs) on MOT20 test.
# Not trained by us yet: no number of our own to expect.
# After stage 1, maml-mot-stage1_dla34_60e_mot20train.py:
#   bash tools/dist_train.sh configs/one_shot/maml-mot_dla34_30e_mot20train_test-mot20test.py 2
#   bash tools/dist_test.sh configs/one_shot/maml-mot_dla34_30e_mot20train_test-mot20test.py work_dirs/maml-mot_dla34_30e_mot20train_test-mot20test/epoch_30.pth 2
# Writes the files for the server; the test set has no public ground truth.
_base_ = [
    '../_base_/models/one-shot-maml_dla34.py',
    '../_base_/datasets/mot20_full_frames.py',
    '../_base_/schedules/one-shot_joint-maml_30e.py',
    '../_base_/default_runtime.py',
]

load_from = 'work_dirs/maml-mot-stage1_dla34_60e_mot20train/epoch_60.pth'
# MOT20 is crowded: weaker detections are people, too.
model = dict(tracker=dict(score_thr=0.3, init_score_thr=0.4))
