# BoT-SORT, small, on generated sequences: the network and the frames of
# ../one_shot/one-shot_r18_demo.py, trained without MAMLOptimizerHook.
#   python tools/dataset_converters/make_demo_data.py data/one_shot --train 6 --test 2 --frames 120 --people 20 --fps 10
#   python tools/train.py configs/bot_sort/bot-sort_one-shot-r18_demo.py
#   python tools/test.py configs/bot_sort/bot-sort_one-shot-r18_demo.py work_dirs/bot-sort_one-shot-r18_demo/epoch_12.pth
_base_ = ['../one_shot/one-shot_r18_demo.py', '../_base_/trackers/bot-sort.py']

# The scores that belong to a detector stay its own.
scores = {key: _base_.model.tracker[key] for key in _base_.detector_scores}
model = dict(tracker=dict(_delete_=True, **scores, **_base_.bot_sort))
# Those of the base without the inner loop; the statistics of tasks serve online adaptation.
custom_hooks = [hook for hook in _base_.custom_hooks if hook['type'] != 'MAMLOptimizerHook']
