# MAML-MOT on crops, all of MOT15 train, tested on MOT15 test.
# Of MOT15 the paper reports nothing. Its ground truth has no classes and no visible parts:
# min_visibility leaves nobody out, and all boxes are compared.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/maml_mot/maml-mot_r50_60e_mot15train_test-mot15test.py 2
#   bash tools/dist_test.sh configs/maml_mot/maml-mot_r50_60e_mot15train_test-mot15test.py work_dirs/maml-mot_r50_60e_mot15train_test-mot15test/epoch_60.pth 2
# Writes the files for the server; MOT15 test has no public ground truth.
_base_ = [
    '../_base_/models/maml-mot_r50.py',
    '../_base_/datasets/mot15_full.py',
    '../_base_/schedules/maml_60e.py',
    '../_base_/default_runtime.py',
]
