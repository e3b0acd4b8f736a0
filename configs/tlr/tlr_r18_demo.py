# TLR (CorrTracker), small, on generated sequences: the network and the frames of
# ../one_shot/one-shot_r18_demo.py with local correlation in space and time. Tasks are short clips,
# moved alike, that the frames before are taken from. Identities are compared as they are.
# On the two held-out sequences 66.2 MOTA and 62.3 IDF1, with its own detections.
#   python tools/dataset_converters/make_demo_data.py data/one_shot --train 6 --test 2 --frames 120 --people 20 --fps 10
#   python tools/train.py configs/tlr/tlr_r18_demo.py
#   python tools/test.py configs/tlr/tlr_r18_demo.py work_dirs/tlr_r18_demo/epoch_12.pth
_base_ = '../one_shot/one-shot_r18_demo.py'

model = dict(
    detector=dict(
        type='CorrelationDetector',
        neck=dict(
            _delete_=True,
            type='LocalCorrelation',
            in_channels=16,
            radius=2,
            neck=_base_.model.detector.neck,
        ),
    ),
    tracker=dict(adapt=False),
)
train_pipeline = [
    *_base_.load,
    dict(type='ShiftFrameHSV', saturation=0.3, value=0.3, per_task=True),
    dict(type='AffineFrame', rotation=0, scale=(0.8, 1.2), shear=0, per_task=True),
    dict(type='FlipFrame', per_task=True),
    dict(type='PackFrame'),
]
train_dataloader = dict(dataset=dict(window=10, dataset=dict(pipeline=train_pipeline)))
# Those of the base without the inner loop; the statistics of tasks serve online adaptation
# (tlr_r18-adapted_demo.py).
custom_hooks = [hook for hook in _base_.custom_hooks if hook['type'] != 'MAMLOptimizerHook']
