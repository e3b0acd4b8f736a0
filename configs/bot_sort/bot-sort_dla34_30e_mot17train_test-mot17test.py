# BoT-SORT's association on FairMOT's network: otherwise
# ../one_shot/fairmot_dla34_30e_mot17train_test-mot17test.py.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/bot_sort/bot-sort_dla34_30e_mot17train_test-mot17test.py 2
_base_ = [
    '../one_shot/fairmot_dla34_30e_mot17train_test-mot17test.py',
    '../_base_/trackers/bot-sort.py',
]

# Peaks of the heatmap are lower than the scores of other detectors.
model = dict(
    tracker=dict(
        _delete_=True, score_thr=0.4, low_score_thr=0.1, init_score_thr=0.5, **_base_.bot_sort
    )
)
