# Detections from files that lie elsewhere, of another detector than the sequences' own: a folder
# with a SEQ.txt for each, such as MOT17-02-FRCNN.txt, here with the boxes of SDP.
#   python tools/test.py configs/compose/public-detections_maml-mot_mot17half.py CHECKPOINT
# CHECKPOINT is one of configs/maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py.
_base_ = '../maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py'

model = dict(detector=dict(detections='data/MOT17/detections'))
