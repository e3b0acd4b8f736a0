# The plain twin of maml-mot_r50_60e_mot15halftrain_test-mot15halfval.py: the same without MAML.
# Not trained by us yet: no number of our own to expect.
#   bash tools/dist_train.sh configs/maml_mot/plain-reid_r50_60e_mot15halftrain_test-mot15halfval.py 2
_base_ = './maml-mot_r50_60e_mot15halftrain_test-mot15halfval.py'

custom_hooks = [hook for hook in _base_.custom_hooks if hook.type != 'MAMLOptimizerHook']
