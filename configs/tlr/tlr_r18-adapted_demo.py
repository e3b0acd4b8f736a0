# The network of tlr_r18_demo.py with MAML MOT's online adaptation on its features; it is not trained
# again.
#   python tools/test.py configs/tlr/tlr_r18-adapted_demo.py work_dirs/tlr_r18_demo/epoch_12.pth
_base_ = './tlr_r18_demo.py'

model = dict(tracker=dict(adapt=True))
