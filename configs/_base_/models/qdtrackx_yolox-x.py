# QDTrack on YOLOX-x: mmdet's detector with its weights of COCO but for one class, mmdet's track head
# on the maps of its neck, and mmdet's tracker. Strides of 8, 16 and 32: for frames of 1440x800.
model = dict(
    type='QDTrackX',
    data_preprocessor=dict(
        type='TaskDataPreprocessor',
        # It takes blue, green, red as they are.
        mean=[0.0, 0.0, 0.0],
        std=[1.0, 1.0, 1.0],
        pad_size_divisor=32,
        pad_value=114,
    ),
    detector=dict(
        type='YOLOX',
        _scope_='mmdet',
        backbone=dict(type='CSPDarknet', deepen_factor=1.33, widen_factor=1.25),
        neck=dict(
            type='YOLOXPAFPN', in_channels=[320, 640, 1280], out_channels=320, num_csp_blocks=4
        ),
        bbox_head=dict(type='YOLOXHead', num_classes=1, in_channels=320, feat_channels=320),
        train_cfg=dict(assigner=dict(type='SimOTAAssigner', center_radius=2.5)),
        test_cfg=dict(score_thr=0.01, nms=dict(type='nms', iou_threshold=0.7)),
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmdetection/v2.0/yolox/yolox_x_8x8_300e_coco/yolox_x_8x8_300e_coco_20211126_140254-1ef88d67.pth',
        ),
    ),
    track_head=dict(
        type='QuasiDenseTrackHead',
        _scope_='mmdet',
        roi_extractor=dict(
            type='SingleRoIExtractor',
            roi_layer=dict(type='RoIAlign', output_size=7, sampling_ratio=0),
            out_channels=320,
            featmap_strides=[8, 16, 32],
        ),
        # As for Faster R-CNN in mmdet's configs/qdtrack.
        embed_head=dict(
            type='QuasiDenseEmbedHead',
            num_convs=4,
            num_fcs=1,
            in_channels=320,
            embed_channels=256,
            norm_cfg=dict(type='GN', num_groups=32),
            loss_track=dict(type='MultiPosCrossEntropyLoss', loss_weight=0.25),
            loss_track_aux=dict(
                type='MarginL2Loss',
                neg_pos_ub=3,
                pos_margin=0,
                neg_margin=0.1,
                hard_mining=True,
                loss_weight=1.0,
            ),
        ),
        train_cfg=dict(
            assigner=dict(
                type='MaxIoUAssigner',
                pos_iou_thr=0.7,
                neg_iou_thr=0.5,
                min_pos_iou=0.5,
                match_low_quality=False,
                ignore_iof_thr=-1,
            ),
            sampler=dict(
                type='CombinedSampler',
                num=256,
                pos_fraction=0.5,
                neg_pos_ub=3,
                add_gt_as_proposals=True,
                pos_sampler=dict(type='InstanceBalancedPosSampler'),
                neg_sampler=dict(type='RandomSampler'),
            ),
        ),
    ),
    tracker=dict(
        type='mmdet.QuasiDenseTracker',
        # YOLOX is seldom as sure as Faster R-CNN, of which 0.9 is asked.
        init_score_thr=0.7,
        obj_score_thr=0.5,
        match_score_thr=0.5,
        memo_tracklet_frames=30,
        memo_backdrop_frames=1,
        memo_momentum=0.8,
        nms_conf_thr=0.5,
        nms_backdrop_iou_thr=0.3,
        nms_class_iou_thr=0.7,
        with_cats=True,
        match_metric='bisoftmax',
    ),
)
