# A hundred iterations are enough: the numbers are few, and a scatter learned for longer follows the
# training people more closely than others. The numbers are learned in the logarithm.
train_cfg = dict(by_epoch=True, max_epochs=1)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='Adam', lr=2e-3),
    paramwise_cfg=dict(custom_keys={'numbers': dict(lr_mult=10)}),
)
param_scheduler = [dict(type='CosineAnnealingLR', by_epoch=True, convert_to_iter_based=True)]
custom_hooks = [dict(type='PriorFileHook')]
