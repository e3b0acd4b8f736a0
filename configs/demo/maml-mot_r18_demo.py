# MAML-MOT on the generated demo sequences, in minutes on two CPU cores.
#   python tools/demo.py
# runs it as a whole: data, training, tracking, table, video. By hand, on data that is there:
#   python tools/train.py configs/demo/maml-mot_r18_demo.py
#   python tools/test.py configs/demo/maml-mot_r18_demo.py work_dirs/maml-mot_r18_demo/epoch_20.pth
# docs/evidence.md tells what this training gives, on other generated sequences.
_base_ = [
    '../_base_/models/maml-mot_r50.py',
    '../_base_/datasets/mot17_full.py',
    '../_base_/schedules/maml_60e.py',
    '../_base_/default_runtime.py',
]

data_root = 'data/demo/'
train_pipeline = [
    dict(type='LoadCrop', scale=(32, 64), jitter=0.05, max_cached_mb=600),
    dict(type='FlipCrop', prob=0.5),
    dict(type='ShiftTaskAppearance'),
]

model = dict(
    reid=dict(
        # A ResNet-18 of a quarter of the usual width: 64x32 pixels hold no more than that.
        backbone=dict(depth=18, base_channels=16, init_cfg=None),
        head=dict(in_channels=128, memory=dict(max_tasks=512)),
    ),
    tracker=dict(reid=dict(img_scale=(64, 32))),
)
train_dataloader = dict(
    batch_size=3,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        short_identities='repeat',
        dataset=dict(
            data_root=data_root,
            pipeline=train_pipeline,
            min_visibility=0.4,
        ),
    ),
)
test_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(data_root=data_root))
train_cfg = dict(max_epochs=20)
# One pass over all weights in place of ten over each: a twentieth of an iteration of so small a network.
optim_wrapper = dict(optimizer=dict(lr=2e-3, fused=True))
# Over the whole training, also if max_epochs is another.
param_scheduler = [dict(type='CosineAnnealingLR', by_epoch=True)]
default_hooks = dict(checkpoint=dict(interval=20))
env_cfg = dict(dist_cfg=dict(backend='gloo'))
custom_hooks = [
    dict(type='TaskCheckHook'),
    dict(type='MAMLOptimizerHook', solver='closed_form'),
    dict(type='TaskMemoryHook', pipeline=[dict(type='LoadCrop', scale=(32, 64))]),
]
