# CountingMOT, small, on generated sequences: the network and the frames of
# ../one_shot/one-shot_r18_demo.py, trained without MAMLOptimizerHook, and counting the crowd.
#   python tools/dataset_converters/make_demo_data.py data/one_shot --train 6 --test 2 --frames 120 --people 20 --fps 10
#   python tools/train.py configs/counting_mot/counting-mot_r18_demo.py
#   python tools/test.py configs/counting_mot/counting-mot_r18_demo.py work_dirs/counting-mot_r18_demo/epoch_12.pth
_base_ = '../one_shot/one-shot_r18_demo.py'

model = dict(
    detector=dict(bbox_head=dict(type='CountingHead')),
    tracker=dict(adapt=False),
)
# Those of the base without the inner loop; the statistics of tasks serve online adaptation
# (--cfg-options model.tracker.adapt=True).
custom_hooks = [hook for hook in _base_.custom_hooks if hook['type'] != 'MAMLOptimizerHook']
