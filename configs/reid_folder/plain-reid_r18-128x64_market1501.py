# The plain twin of maml-mot_r18-128x64_market1501.py: Re-ID training as usual, that is without inner
# loop, without a look of its own for every task, and of images as they are.
#   python tools/train.py configs/reid_folder/plain-reid_r18-128x64_market1501.py
_base_ = './maml-mot_r18-128x64_market1501.py'

train_dataloader = dict(
    dataset=dict(
        task_pipeline=[],
        dataset=dict(
            pipeline=[
                dict(type='LoadCrop', scale=(64, 128), jitter=0.05, max_cached_mb=600),
                dict(type='FlipCrop', prob=0.5),
            ]
        ),
    )
)
custom_hooks = [hook for hook in _base_.custom_hooks if hook.type != 'MAMLOptimizerHook']
