# Stage 2 after meta pre-training: frames train as in the plain schedule, and at the end the task
# memory is filled by the inner loop of stage 1, for new tracks to start from (Eq. 6-7).
_base_ = './one-shot_joint_30e.py'

custom_hooks = [
    dict(type='TaskCheckHook'),
    dict(type='MAMLOptimizerHook', inner_lr=5e-3, num_steps=1),
    {{_base_.memory_hook}},
]
