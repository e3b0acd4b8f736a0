# SGT_mot with the online adaptation of OnlineMetaTracker on its features: adapted appearance comes first,
# and the graph, whose edges get the adapted similarity, joins those who are left and recovers weak boxes.
# The checkpoint is that of sgt_r18_demo.py.
#   python tools/test.py configs/sgt/sgt_r18-adapted_demo.py work_dirs/sgt_r18_demo/epoch_12.pth
_base_ = './sgt_r18_demo.py'

model = dict(tracker=dict(adapt=True, stages=dict(appearance=dict())))
