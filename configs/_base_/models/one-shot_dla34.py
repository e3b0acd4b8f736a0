# The one-shot network: DLA-34 with deformable up-sampling and a centre head, and the tracker on
# its features. 19.8 million parameters; images whose sides 32 divides, 1088x608 in the paper.
# ImageNet weights, where you have the public file, load by
#   model.detector.backbone.init_cfg="dict(type='Pretrained', checkpoint='dla34-ba72cf86.pth')"
_base_ = './task_preprocessor.py'

model = dict(
    detector=dict(
        type='OneShotDetector',
        backbone=dict(type='DLA', depth=34),
        neck=dict(type='DLAUp', in_channels=[64, 128, 256, 512], upsample_conv='dcn'),
        bbox_head=dict(
            type='OneShotHead',
            in_channels=64,
            head_channels=256,
            reid=dict(
                type='MetaReIDHead',
                in_channels=256,
                feat_channels=128,
                # What follows an inner loop in closed form, and suits one by gradient steps.
                task_classifier='prototype',
                # A task of 8 ways and 5 shots takes 60 kB.
                memory=dict(max_tasks=512),
            ),
        ),
        test_cfg=dict(score_thr=0.1, max_per_img=500),
    ),
    tracker=dict(
        type='OnlineMetaTracker',
        # Peaks of the heatmap are lower than the scores of other detectors.
        score_thr=0.4,
        low_score_thr=0.1,
        init_score_thr=0.5,
        # The default stages, so that other configs can change a threshold of one of them.
        stages=dict(
            appearance=dict(), overlap=dict(), low_scores=dict(), tentative=dict(), reentry=dict()
        ),
    ),
)
