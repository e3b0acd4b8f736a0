# mmtrack's tracker of QDTrack in our model, on our Re-ID network, on the demo sequences. That of
# mmdet is in configs/compare.
#   python tools/test.py configs/compose/maml-mot_mmtrack-qdtrack_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py.
_base_ = '../compare/qd-track_r18_demo.py'

model = dict(
    tracker=dict(
        tracker=dict(
            _delete_=True,
            type='mmtrack.QuasiDenseTracker',
            init_score_thr=0.9,
            obj_score_thr=0.5,
            match_score_thr=0.5,
            memo_tracklet_frames=30,
        )
    )
)
