# The same as maml-mot_r18-64x32_market1501.py at 128x64 pixels, the size of Market-1501's images.
#   python tools/train.py configs/reid_folder/maml-mot_r18-128x64_market1501.py
_base_ = './maml-mot_r18-64x32_market1501.py'

train_pipeline = [
    dict(type='LoadCrop', scale=(64, 128), jitter=0.2, max_cached_mb=600),
    *_base_.train_pipeline[1:],
]
model = dict(tracker=dict(reid=dict(img_scale=(128, 64))))
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
custom_hooks = [
    dict(type='TaskCheckHook'),
    dict(type='MAMLOptimizerHook', solver='closed_form'),
    dict(type='TaskMemoryHook', pipeline=[dict(type='LoadCrop', scale=(64, 128))]),
]
