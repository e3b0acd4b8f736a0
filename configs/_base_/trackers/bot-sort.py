# BoT-SORT (Aharon et al., 2022) as options of our tracker: Kalman filter of width and height, camera
# motion, the smaller of box and appearance distance, weak detections by overlap, no search for lost
# people by appearance alone. Thresholds are those of its code for MOT17, but for those of scores,
# which belong to a detector.
bot_sort = dict(
    type='OnlineMetaTracker',
    adapt=False,
    camera_motion=dict(),
    # Its distances, 0.8, 0.5 and 0.7 at most, are 1 - IoU, the IoU times the score; its code
    # bounds half the cosine distance by 0.25.
    stages=dict(
        fusion=dict(iou_thr=0.2, sim_thr=0.5, proximity_iou_thr=0.5, fuse_scores=True),
        low_scores=dict(iou_thr=0.5, height_modulated=False),
        tentative_fusion=dict(iou_thr=0.3, sim_thr=0.5, proximity_iou_thr=0.5, fuse_scores=True),
    ),
    kalman_box='cxcywh',
    motion_noise='per_frame',
    max_init_iou=1.0,
    # Its code removes duplicates whose distance is less than 0.15.
    max_duplicate_iou=0.85,
    num_tentatives=2,
    tentative_seconds=10.0,
    feature_average='exponential',
    momentum=0.9,
    max_occlusion=1.0,
    # It remembers 30 frames at 30 frames per second, in proportion at other rates.
    recent_seconds=1.0,
    lost_seconds=1.0,
    max_lost=10000,
)
# Of any tracker: thresholds of scores, to be kept from the config of the detector.
detector_scores = ('score_thr', 'low_score_thr', 'init_score_thr')
