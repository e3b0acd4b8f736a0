# Our Re-ID network and tracker on the people that the detector of mmdet's QDTrack finds, which was
# trained on the first halves of MOT17: to compare with QDTrack on its own boxes.
#   python tools/test.py configs/compose/qdtrack-detector_maml-mot_mot17half.py \
#       --detector QDTRACK --reid CHECKPOINT
# QDTRACK is the checkpoint of mmdet's configs/qdtrack for MOT17, of which the detector is taken,
# CHECKPOINT one of configs/maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py.
_base_ = [
    '../maml_mot/maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py',
    '../_base_/detectors/qdtrack_r50.py',
    '../_base_/detectors/crops_of_raw_frames.py',
]

model = dict(
    data_preprocessor=_base_.detector_preprocessor,
    detector=dict(_delete_=True, **_base_.detector),
    tracker=dict(reid=_base_.pop('reid_of_tracker')),
)
val_dataloader = dict(dataset=dict(pipeline=_base_.detector_pipeline))
test_dataloader = val_dataloader
