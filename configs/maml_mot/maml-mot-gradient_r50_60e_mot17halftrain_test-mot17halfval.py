# The paper's inner loop in place of the closed form: one gradient step at 5e-3 on the support set,
# and new tracks that start from the training tasks most like them (Eq. 6-7).
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/maml_mot/maml-mot-gradient_r50_60e_mot17halftrain_test-mot17halfval.py 2
_base_ = './maml-mot_r50_60e_mot17halftrain_test-mot17halfval.py'

model = dict(
    reid=dict(head=dict(task_classifier='restricted', query_loss_weight=1.0)),
    tracker=dict(adapter_cfg=dict(blend_tasks=True)),
)
custom_hooks = [
    dict(type='MAMLOptimizerHook', inner_lr=5e-3, num_steps=1)
    if hook.type == 'MAMLOptimizerHook'
    else hook
    for hook in _base_.custom_hooks
]
