# The model of all configs and its normalisation: that of ImageNet, for tasks and for frames.
model = dict(
    type='MAMLMOT',
    data_preprocessor=dict(
        type='TaskDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
)
