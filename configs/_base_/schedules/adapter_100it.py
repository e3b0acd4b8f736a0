# A hundred iterations of four episodes are enough for a few numbers, which are learned in the
# logarithm. A scatter and a layer, if learned, go ten times slower.
train_cfg = dict(by_epoch=True, max_epochs=1)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='Adam', lr=2e-3),
    paramwise_cfg=dict(custom_keys={'numbers': dict(lr_mult=10)}),
)
param_scheduler = [dict(type='CosineAnnealingLR', by_epoch=True, convert_to_iter_based=True)]
custom_hooks = [dict(type='PriorFileHook')]
