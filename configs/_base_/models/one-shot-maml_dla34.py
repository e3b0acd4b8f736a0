# The one-shot network with the paper's inner loop: gradient steps on the loss among the people of a
# task, and new tracks that start from the training tasks most like them (Eq. 6-7).
_base_ = './one-shot_dla34.py'

model = dict(
    detector=dict(bbox_head=dict(reid=dict(task_classifier='restricted'))),
    tracker=dict(adapter_cfg=dict(blend_tasks=True)),
)
