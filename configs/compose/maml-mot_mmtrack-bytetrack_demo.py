# mmtrack's tracker and motion of ByteTrack in our model, on the demo sequences: boxes and scores
# alone, the Re-ID network is not asked. That of mmdet is in configs/compare.
#   python tools/test.py configs/compose/maml-mot_mmtrack-bytetrack_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py.
_base_ = '../compare/byte-track_r18_demo.py'

_base_.model.tracker.pop('motion')
model = dict(
    tracker=dict(
        _delete_=True,
        type='PeerTracker',
        motion=dict(type='mmtrack.KalmanFilter'),
        tracker=dict(_base_.model.tracker, type='mmtrack.ByteTracker'),
    )
)
