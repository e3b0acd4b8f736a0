# mmtrack's tracker and motion of DeepSORT in our model, on our Re-ID network, on the demo
# sequences. Those of mmdet are in configs/compare.
#   python tools/test.py configs/compose/maml-mot_mmtrack-sort_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    tracker=dict(
        _delete_=True,
        type='PeerTracker',
        motion=dict(type='mmtrack.KalmanFilter', center_only=False),
        tracker=dict(
            type='mmtrack.SORTTracker',
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
