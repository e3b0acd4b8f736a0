# Our Re-ID network and tracker on the people that mmdet's Faster R-CNN finds, in place of the
# public detections: to track with a two-stage detector. Its weights (of COCO) are downloaded; give
# others by --detector.
#   python tools/test.py configs/compose/faster-rcnn_maml-mot_mot17half.py --reid CHECKPOINT
# CHECKPOINT is one of configs/maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py.
_base_ = [
    '../maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py',
    '../_base_/detectors/faster-rcnn_r50.py',
]

model = dict(
    data_preprocessor=_base_.detector_preprocessor,
    detector=dict(_delete_=True, **_base_.detector),
    tracker=dict(classes=[0]),
)
val_dataloader = dict(dataset=dict(pipeline=_base_.detector_pipeline))
test_dataloader = val_dataloader
