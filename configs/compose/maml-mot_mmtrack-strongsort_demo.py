# mmtrack's tracker, motion and camera motion of StrongSORT in our model, on our Re-ID network, on
# the demo sequences. Those of mmdet are in configs/compare.
#   python tools/test.py configs/compose/maml-mot_mmtrack-strongsort_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    tracker=dict(
        _delete_=True,
        type='PeerTracker',
        motion=dict(type='mmtrack.KalmanFilter', center_only=False, use_nsa=True),
        cmc=dict(
            type='mmtrack.CameraMotionCompensation',
            warp_mode='cv2.MOTION_EUCLIDEAN',
            num_iters=100,
            stop_eps=0.00001,
        ),
        tracker=dict(
            type='mmtrack.StrongSORTTracker',
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
