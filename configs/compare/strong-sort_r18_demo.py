# mmdet's StrongSORT (Du et al., 2023) with the settings of mmdet's config for MOT17. Camera motion
# included; joining tracks after the last frame (AFLink) is not, as all here work online.
#   python tools/test.py configs/compare/strong-sort_r18_demo.py CHECKPOINT
# beside the others: tools/analysis_tools/compare_trackers.py. CHECKPOINT is one of the demo's.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    tracker=dict(
        _delete_=True,
        type='PeerTracker',
        cmc=dict(
            type='mmdet.CameraMotionCompensation',
            warp_mode='cv2.MOTION_EUCLIDEAN',
            num_iters=100,
            stop_eps=0.00001,
        ),
        tracker=dict(
            type='mmdet.StrongSORTTracker',
            motion=dict(type='mmdet.KalmanFilter', center_only=False, use_nsa=True),
            obj_score_thr=0.6,
            reid=dict(
                num_samples=None,
                img_scale=(64, 32),
                img_norm_cfg=None,
                # 0.3 for its own network, whose embeddings of a person are more alike.
                match_score_thr=0.7,
                motion_weight=0.02,
            ),
            match_iou_thr=0.7,
            momentums=dict(embeds=0.1),
            num_tentatives=2,
            num_frames_retain=100,
        ),
    )
)
