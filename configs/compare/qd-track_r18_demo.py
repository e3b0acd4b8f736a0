# mmdet's QDTrack tracker (Pang et al., 2021) with the settings of mmdet's config for MOT17, on the
# embeddings of our Re-ID network in place of those of its own track head.
#   python tools/test.py configs/compare/qd-track_r18_demo.py CHECKPOINT
# beside the others: tools/analysis_tools/compare_trackers.py. CHECKPOINT is one of the demo's.
_base_ = '../demo/maml-mot_r18_demo.py'

model = dict(
    tracker=dict(
        _delete_=True,
        type='PeerTracker',
        reid=dict(img_scale=(64, 32)),
        # As sure as its own, longer embeddings are; of 2.6, 4, 6 and 8 the best on the demo data.
        embed_length=6.0,
        tracker=dict(
            type='mmdet.QuasiDenseTracker',
            init_score_thr=0.9,
            obj_score_thr=0.5,
            match_score_thr=0.5,
            memo_tracklet_frames=30,
            memo_backdrop_frames=1,
            memo_momentum=0.8,
            nms_conf_thr=0.5,
            nms_backdrop_iou_thr=0.3,
            nms_class_iou_thr=0.7,
            with_cats=True,
            match_metric='bisoftmax',
        ),
    )
)
