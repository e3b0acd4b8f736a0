# BoT-SORT's association on FairMOT's network: otherwise
# ../one_shot/fairmot_dla34_30e_mot16train_test-mot16test.py.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/bot_sort/bot-sort_dla34_30e_mot16train_test-mot16test.py 2
_base_ = [
    '../one_shot/fairmot_dla34_30e_mot16train_test-mot16test.py',
    '../_base_/trackers/bot-sort.py',
]

# The scores that belong to a detector stay its own.
scores = {key: _base_.model.tracker[key] for key in _base_.detector_scores}
model = dict(tracker=dict(_delete_=True, **scores, **_base_.bot_sort))
