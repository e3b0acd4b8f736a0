# The public detections of MOT16. Their scores are margins of a classifier (DPM), many negative, and
# no probabilities: the thresholds of configs/maml_mot would leave most of them out, these, which are
# not tuned, take nearly all for certain.
#   python tools/test.py configs/compose/public-detections_maml-mot_mot16half.py CHECKPOINT
# CHECKPOINT is one of configs/maml_mot/maml-mot_r50_60e_mot16halftrain_test-mot16halfval.py.
_base_ = '../maml_mot/maml-mot_r50_60e_mot16halftrain_test-mot16halfval.py'

model = dict(tracker=dict(score_thr=-0.5, low_score_thr=-1.0, init_score_thr=0.0))
