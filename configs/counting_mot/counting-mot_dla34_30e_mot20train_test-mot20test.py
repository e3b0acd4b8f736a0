# CountingMOT: FairMOT with a density map that counts the crowd; otherwise
# ../one_shot/fairmot_dla34_30e_mot20train_test-mot20test.py. Identities are compared as they are.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/counting_mot/counting-mot_dla34_30e_mot20train_test-mot20test.py 2
_base_ = '../one_shot/fairmot_dla34_30e_mot20train_test-mot20test.py'

model = dict(
    detector=dict(bbox_head=dict(type='CountingHead')),
    tracker=dict(adapt=False),
)
