# Our Re-ID network and tracker on the people that mmdet's RTMDet-s finds, in place of the public
# detections. Its weights (of COCO) are downloaded; give others by --detector.
#   python tools/test.py configs/compose/rtmdet-s_maml-mot_mot17half.py --reid CHECKPOINT
# CHECKPOINT is one of configs/maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py.
_base_ = [
    '../maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py',
    '../_base_/detectors/rtmdet_s.py',
]

model = dict(
    data_preprocessor=_base_.detector_preprocessor,
    detector=dict(_delete_=True, **_base_.detector),
    tracker=dict(
        classes=[0],
        reid=dict(
            _delete_=True,
            img_scale=(256, 128),
            img_norm_cfg=dict(
                mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True
            ),
        ),
    ),
)
val_dataloader = dict(dataset=dict(pipeline=_base_.detector_pipeline))
test_dataloader = val_dataloader
