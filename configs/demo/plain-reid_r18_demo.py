# The plain twin of maml-mot_r18_demo.py: the same without MAML.
#   python tools/train.py configs/demo/plain-reid_r18_demo.py
_base_ = './maml-mot_r18_demo.py'

custom_hooks = [
    dict(type='TaskCheckHook'),
    dict(type='TaskMemoryHook', pipeline=[dict(type='LoadCrop', scale=(32, 64))]),
]
