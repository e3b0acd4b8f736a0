# mmtrack's tracker, motion and camera motion of StrongSORT in our model, on our Re-ID network, on
# the demo sequences. Those of mmdet are in configs/compare.
#   python tools/test.py configs/compose/maml-mot_mmtrack-strongsort_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py.
_base_ = '../compare/strong-sort_r18_demo.py'

_base_.model.tracker.tracker.pop('motion')
model = dict(
    tracker=dict(
        motion=dict(type='mmtrack.KalmanFilter', center_only=False, use_nsa=True),
        cmc=dict(type='mmtrack.CameraMotionCompensation'),
        tracker=dict(type='mmtrack.StrongSORTTracker'),
    )
)
