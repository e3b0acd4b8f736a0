# mmdet's ByteTrack model with our tracker, on the demo sequences. The model has no Re-ID network,
# so tracks are matched by motion and overlap alone, and nothing is trained or loaded.
#   python tools/test.py configs/compose/mmdet-bytetrack_online-meta_demo.py
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    _delete_=True,
    type='mmdet.ByteTrack',
    data_preprocessor=dict(type='mmdet.TrackDataPreprocessor'),
    detector=dict(type='PublicDetector'),
    tracker=dict(type='OnlineMetaTracker'),
)
