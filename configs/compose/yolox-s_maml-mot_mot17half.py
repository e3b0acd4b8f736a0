# Our Re-ID network and tracker on the people that mmdet's YOLOX-s finds, in place of the public
# detections: to track with a fast detector of your own. Its weights (of COCO) are downloaded; give
# others, of one class or several, by --detector.
#   python tools/test.py configs/compose/yolox-s_maml-mot_mot17half.py --reid CHECKPOINT
# CHECKPOINT is one of configs/maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py,
# with which the Re-ID network is trained, as the detector takes no part in that.
_base_ = [
    '../maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py',
    '../_base_/detectors/yolox_s.py',
    '../_base_/detectors/crops_of_raw_frames.py',
]

model = dict(
    data_preprocessor=_base_.detector_preprocessor,
    detector=dict(_delete_=True, **_base_.detector),
    tracker=dict(classes=[0], reid=_base_.pop('reid_of_tracker')),
)
val_dataloader = dict(dataset=dict(pipeline=_base_.detector_pipeline))
test_dataloader = val_dataloader
