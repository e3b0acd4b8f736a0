# mmtrack's tracker and motion of ByteTrack in our model, on the demo sequences: boxes and scores
# alone, the Re-ID network is not asked. That of mmdet is in configs/compare.
#   python tools/test.py configs/compose/maml-mot_mmtrack-bytetrack_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    tracker=dict(
        _delete_=True,
        type='PeerTracker',
        motion=dict(type='mmtrack.KalmanFilter'),
        tracker=dict(
            type='mmtrack.ByteTracker',
            obj_score_thrs=dict(high=0.6, low=0.1),
            init_track_thr=0.7,
            weight_iou_with_det_scores=True,
            match_iou_thrs=dict(high=0.1, low=0.5, tentative=0.3),
            num_frames_retain=30,
        ),
    )
)
