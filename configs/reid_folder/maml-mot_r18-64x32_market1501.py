# MAML-MOT on images of people named as those of Market-1501, from random weights, at 64x32 pixels: the
# network of the demo; a task is people of one camera. Half an hour on one CPU core.
#   python tools/train.py configs/reid_folder/maml-mot_r18-64x32_market1501.py
# The demo's sequences are there to test on; docs/datasets.md tells how to track others.
_base_ = '../demo/maml-mot_r18_demo.py'

# The images are cut out with care and show one person each. What a tracker meets is cut out badly, and
# somebody stands in front.
train_pipeline = [
    dict(type='LoadCrop', scale=(32, 64), jitter=0.2, max_cached_mb=600),
    dict(type='FlipCrop', prob=0.5),
    dict(type='ShiftTaskAppearance'),
    dict(type='RandomEraseCrop', prob=0.5),
]
train_dataloader = dict(
    dataset=dict(
        # As many images a task as in the demo, of people of whom there may be four only: repeated
        # images tell nothing of how a person varies.
        num_support=3,
        num_ways=10,
        task_pipeline=[dict(type='PasteOccluders', prob=0.3)],
        dataset=dict(
            _delete_=True,
            type='PersonFolderDataset',
            data_root='data/market1501/',
            data_prefix=dict(img_path='bounding_box_train'),
            pipeline=train_pipeline,
        ),
    )
)
train_cfg = dict(max_epochs=10)
default_hooks = dict(checkpoint=dict(interval=10))
