# mmtrack's tracker and motion of DeepSORT in our model, on our Re-ID network, on the demo
# sequences. Those of mmdet are in configs/compare.
#   python tools/test.py configs/compose/maml-mot_mmtrack-sort_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py.
_base_ = '../compare/deep-sort_r18_demo.py'

_base_.model.tracker.tracker.pop('motion')
model = dict(
    tracker=dict(
        motion=dict(type='mmtrack.KalmanFilter', center_only=False),
        tracker=dict(type='mmtrack.SORTTracker'),
    )
)
