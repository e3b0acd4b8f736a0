# The plain twin of maml-mot_r50_60e_mot15train_test-mot15test.py: the same without MAML.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/maml_mot/plain-reid_r50_60e_mot15train_test-mot15test.py 2
_base_ = './maml-mot_r50_60e_mot15train_test-mot15test.py'

custom_hooks = [hook for hook in _base_.custom_hooks if hook.type != 'MAMLOptimizerHook']
