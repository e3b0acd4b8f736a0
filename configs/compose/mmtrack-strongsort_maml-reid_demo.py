# mmtrack's StrongSORT model with our Re-ID network and tracker, on the demo sequences, with
# mmtrack's dataset, transforms and sampler. The model's own Kalman filter and camera motion serve
# its own tracker; ours has both as options.
#   python tools/test.py configs/compose/mmtrack-strongsort_maml-reid_demo.py \
#       work_dirs/maml-mot_r18_demo/epoch_20.pth
# The checkpoint is that of configs/demo/maml-mot_r18_demo.py, whose scores this must repeat.
_base_ = './mmtrack-deepsort_maml-reid_demo.py'

model = dict(type='mmtrack.StrongSORT')
