# MAML-MOT on crops, first half of each MOT15 training sequence, tested on the second.
# Of MOT15 the paper reports nothing. Its ground truth has no classes and no visible parts:
# min_visibility leaves nobody out, and all boxes are compared.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/maml_mot/maml-mot_r50_60e_mot15halftrain_test-mot15halfval.py 2
#   bash tools/dist_test.sh configs/maml_mot/maml-mot_r50_60e_mot15halftrain_test-mot15halfval.py work_dirs/maml-mot_r50_60e_mot15halftrain_test-mot15halfval/epoch_60.pth 2
# MOTA, IDF1, IDs of the second halves, from the public detections in det/det.txt.
_base_ = [
    '../_base_/models/maml-mot_r50.py',
    '../_base_/datasets/mot15_half.py',
    '../_base_/schedules/maml_60e.py',
    '../_base_/default_runtime.py',
]
