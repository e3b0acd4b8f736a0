# mmdet's Faster R-CNN with a ResNet-50 and its weights of COCO, whose class 0 is people.
_base_ = 'mmdet::_base_/models/faster-rcnn_r50_fpn.py'

detector = _base_.model
del _base_.model
detector.pop('data_preprocessor')
detector.init_cfg = dict(
    type='Pretrained',
    checkpoint='https://download.openmmlab.com/mmdetection/v2.0/faster_rcnn/faster_rcnn_r50_fpn_1x_coco/faster_rcnn_r50_fpn_1x_coco_20200130-047c8118.pth',
)
# Its normalisation is that of our Re-ID network.
detector_preprocessor = dict(pad_size_divisor=32)
detector_pipeline = [
    dict(
        type='TransformBroadcaster',
        transforms=[
            dict(type='LoadFrame'),
            dict(type='mmdet.Resize', scale=(1333, 800), keep_ratio=True),
        ],
    ),
    dict(type='mmdet.PackTrackInputs', meta_keys=('frame_rate',)),
]
