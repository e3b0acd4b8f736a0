# A one-shot network for images of 320x192 or so and two CPU cores: a narrow ResNet-18 and
# ordinary convolutions in place of DLA-34 and deformable ones. 0.9 million parameters.
_base_ = './one-shot_dla34.py'

model = dict(
    detector=dict(
        backbone=dict(
            _delete_=True,
            type='mmdet.ResNet',
            depth=18,
            base_channels=16,
            norm_eval=False,
            style='pytorch',
        ),
        neck=dict(in_channels=[16, 32, 64, 128], upsample_conv='plain'),
        bbox_head=dict(
            in_channels=16,
            head_channels=64,
            # Frames of tasks train detection, too, and a heavier query loss takes from that.
            reid=dict(in_channels=64, feat_channels=64, query_loss_weight=0.3),
        ),
    ),
)
