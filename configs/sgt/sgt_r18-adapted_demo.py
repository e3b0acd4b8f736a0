# SGT_mot with the online adaptation of OnlineMetaTracker on its features: the edges of the graph get the
# adapted similarity, and lost people are recognised by it. The checkpoint is that of sgt_r18_demo.py.
#   python tools/test.py configs/sgt/sgt_r18-adapted_demo.py work_dirs/sgt_r18_demo/epoch_12.pth
_base_ = './sgt_r18_demo.py'

model = dict(tracker=dict(adapt=True, stages=dict(reentry=dict())))
