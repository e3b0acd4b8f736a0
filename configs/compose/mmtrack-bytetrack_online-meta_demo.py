# mmtrack's ByteTrack model with our tracker, on the demo sequences, with mmtrack's dataset,
# transforms and sampler. The model has no Re-ID network, so tracks are matched by motion and
# overlap alone, and nothing is trained or loaded.
#   python tools/test.py configs/compose/mmtrack-bytetrack_online-meta_demo.py
_base_ = './mmtrack-deepsort_maml-reid_demo.py'

model = dict(
    _delete_=True,
    type='mmtrack.ByteTrack',
    data_preprocessor=dict(type='mmtrack.TrackDataPreprocessor'),
    detector=dict(type='PublicDetector'),
    tracker=dict(type='OnlineMetaTracker'),
)
