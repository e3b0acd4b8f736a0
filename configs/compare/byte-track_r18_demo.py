# mmdet's ByteTrack (Zhang et al., 2022), which looks at boxes and scores alone, with the settings
# of mmdet's config for MOT17.
#   python tools/test.py configs/compare/byte-track_r18_demo.py CHECKPOINT
# beside the others: tools/analysis_tools/compare_trackers.py. CHECKPOINT is one of the demo's.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    tracker=dict(
        _delete_=True,
        type='mmdet.ByteTracker',
        motion=dict(type='mmdet.KalmanFilter'),
        obj_score_thrs=dict(high=0.6, low=0.1),
        init_track_thr=0.7,
        weight_iou_with_det_scores=True,
        match_iou_thrs=dict(high=0.1, low=0.5, tentative=0.3),
        num_frames_retain=30,
    )
)
