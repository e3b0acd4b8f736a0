# The network and the association of bot-sort_one-shot-r18_demo.py with MAML MOT's online adaptation of its
# features; it is not trained again.
#   python tools/test.py configs/bot_sort/bot-sort_one-shot-r18-adapted_demo.py work_dirs/bot-sort_one-shot-r18_demo/epoch_12.pth
_base_ = './bot-sort_one-shot-r18_demo.py'

model = dict(tracker=dict(adapt=True))
