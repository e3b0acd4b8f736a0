# mmdet's DeepSORT (Wojke et al., 2017) with the settings of mmdet's config for MOT17.
#   python tools/test.py configs/compare/deep-sort_r18_demo.py CHECKPOINT
# beside the others: tools/analysis_tools/compare_trackers.py. CHECKPOINT is one of the demo's.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    tracker=dict(
        _delete_=True,
        type='PeerTracker',
        tracker=dict(
            type='mmdet.SORTTracker',
            motion=dict(type='mmdet.KalmanFilter', center_only=False),
            obj_score_thr=0.5,
            reid=dict(
                num_samples=10,
                img_scale=(64, 32),
                img_norm_cfg=None,
                # 2.0 for embeddings of its own network, which are longer; these have length 1.
                match_score_thr=0.9,
            ),
            match_iou_thr=0.5,
            momentums=None,
            num_tentatives=2,
            num_frames_retain=100,
        ),
    )
)
