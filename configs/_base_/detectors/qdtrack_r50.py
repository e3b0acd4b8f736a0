# The detector of mmdet's QDTrack, a Faster R-CNN of one class, and what its frames look like. Its
# weights come with those of QDTrack. QDTrack's track head is beside it.
_base_ = 'mmdet::qdtrack/qdtrack_faster-rcnn_r50_fpn_4e_base.py'

detector = dict(_base_.model.detector, _scope_='mmdet', init_cfg=None)
detector['backbone']['init_cfg'] = None
track_head = dict(_base_.model.track_head, _scope_='mmdet')
detector_preprocessor = dict(
    mean=_base_.model.data_preprocessor.mean,
    std=_base_.model.data_preprocessor.std,
    bgr_to_rgb=False,
    pad_size_divisor=32,
)
for key in list(_base_):
    del _base_[key]
detector_pipeline = [
    dict(
        type='TransformBroadcaster',
        transforms=[
            dict(type='LoadFrame'),
            dict(type='mmdet.Resize', scale=(1088, 1088), keep_ratio=True),
        ],
    ),
    dict(type='mmdet.PackTrackInputs', meta_keys=('frame_rate',)),
]
del key
