# The network of ./qdtrackx_yolox_demo.py with its checkpoint; its embeddings are adapted to the scene by
# our tracker, in place of the bi-directional softmax: 65.1 MOTA, 69.9 IDF1.
#   python tools/test.py configs/qdtrackx/qdtrackx_yolox-adapted_demo.py work_dirs/qdtrackx_yolox_demo/epoch_12.pth
_base_ = './qdtrackx_yolox_demo.py'

model = dict(
    tracker=dict(
        _delete_=True,
        type='OnlineMetaTracker',
        # Those of the other tracker.
        score_thr=0.5,
        init_score_thr=0.7,
    )
)
