# MAML-MOT on crops, all of MOT17 train, tested on MOT17 test.
# The paper reports 79.9 MOTA / 77.3 IDF1 / 1890 IDs on MOT17 test, with a one-shot network
# and its own detections; this config shares its meta-learning, not its detector.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/maml_mot/maml-mot_r50_60e_mot17train_test-mot17test.py 2
#   bash tools/dist_test.sh configs/maml_mot/maml-mot_r50_60e_mot17train_test-mot17test.py work_dirs/maml-mot_r50_60e_mot17train_test-mot17test/epoch_60.pth 2
# Writes the files for the server; MOT17 test has no public ground truth.
_base_ = [
    '../_base_/models/maml-mot_r50.py',
    '../_base_/datasets/mot17_full.py',
    '../_base_/schedules/maml_60e.py',
    '../_base_/default_runtime.py',
]
