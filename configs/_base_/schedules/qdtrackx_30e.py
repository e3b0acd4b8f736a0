# 30 epochs of as many frame pairs as there are people, about as many pairs as in mmdet's 4 epochs of
# QDTrack; the detector starts from weights of COCO, the track head from none. 8 frames on 2 GPUs.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=30, val_interval=30)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=1e-3, momentum=0.9, weight_decay=5e-4, nesterov=True),
    clip_grad=dict(max_norm=35),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=True, end=1, convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR', eta_min=5e-5, by_epoch=True, begin=1, convert_to_iter_based=True
    ),
]
auto_scale_lr = dict(enable=False, base_batch_size=4)  # pairs
