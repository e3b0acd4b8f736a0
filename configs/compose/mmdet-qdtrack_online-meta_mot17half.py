# mmdet's QDTrack, its detector and its embeddings, with our tracker: what motion, overlap and the
# search for those who return add to QDTrack. Nothing adapts, as there is no head of ours.
#   python tools/test.py configs/compose/mmdet-qdtrack_online-meta_mot17half.py CHECKPOINT
# CHECKPOINT is that of mmdet's configs/qdtrack for MOT17.
_base_ = './qdtrack-detector_maml-mot_mot17half.py'

model = dict(
    _delete_=True,
    type='mmdet.QDTrack',
    data_preprocessor=dict(type='mmdet.TrackDataPreprocessor', **_base_.detector_preprocessor),
    detector=_base_.detector,
    track_head=_base_.track_head,
    tracker=dict(type='OnlineMetaTracker'),
)
