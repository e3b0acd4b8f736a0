# mmdet's OC-SORT (Cao et al., 2023), which looks at boxes and scores alone, with the settings of
# mmdet's config for MOT17.
#   python tools/test.py configs/compare/oc-sort_r18_demo.py CHECKPOINT
# beside the others: tools/analysis_tools/compare_trackers.py. CHECKPOINT is one of the demo's.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    tracker=dict(
        _delete_=True,
        type='mmdet.OCSORTTracker',
        motion=dict(type='mmdet.KalmanFilter'),
        obj_score_thr=0.3,
        init_track_thr=0.7,
        weight_iou_with_det_scores=True,
        match_iou_thr=0.3,
        num_tentatives=3,
        vel_consist_weight=0.2,
        vel_delta_t=3,
        num_frames_retain=30,
    )
)
