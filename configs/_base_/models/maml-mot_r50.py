# Public detections, a ResNet-50 on crops of 256x128 pixels, and the online-adapting tracker.
_base_ = './task_preprocessor.py'

model = dict(
    detector=dict(type='PublicDetector'),
    reid=dict(
        type='MetaReID',
        backbone=dict(
            type='mmdet.ResNet',
            depth=50,
            num_stages=4,
            out_indices=(3,),
            norm_eval=False,
            style='pytorch',
            init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'),
        ),
        head=dict(
            type='MetaReIDHead',
            in_channels=2048,
            feat_channels=128,
            # What follows an inner loop in closed form; the query loss beside the plain one.
            task_classifier='prototype',
            query_loss_weight=0.3,
            # A task of 8 ways and 4 shots takes 270 kB.
            memory=dict(max_tasks=128),
        ),
    ),
    tracker=dict(
        type='OnlineMetaTracker',
        reid=dict(img_scale=(256, 128), img_norm_cfg=None),
        # The default stages, so that other configs can change a threshold of one of them.
        stages=dict(
            appearance=dict(), overlap=dict(), low_scores=dict(), tentative=dict(), reentry=dict()
        ),
    ),
)
