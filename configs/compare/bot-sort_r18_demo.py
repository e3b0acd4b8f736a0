# BoT-SORT (Aharon et al., 2022) as a configuration of our tracker, with the scores of its code for
# MOT17.
#   python tools/test.py configs/compare/bot-sort_r18_demo.py CHECKPOINT
# beside the others: tools/analysis_tools/compare_trackers.py. CHECKPOINT is one of the demo's.
_base_ = ['../demo/maml-mot_r18_demo.py', '../_base_/trackers/bot-sort.py']

model = dict(
    tracker=dict(
        _delete_=True,
        reid=dict(img_scale=(64, 32)),
        score_thr=0.6,
        low_score_thr=0.1,
        init_score_thr=0.7,
        **_base_.bot_sort,
    )
)
