# How the tracker normalises its crops where the detector takes frames as they are: as the Re-ID
# network was trained.
reid_of_tracker = dict(
    _delete_=True,
    img_scale=(256, 128),
    img_norm_cfg=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True),
)
