# Videos as mmtrack tests on them: its dataset, sampler, transforms and drawing. A config adds the
# place of the data and transforms after loading.
mmtrack_sampler = dict(_delete_=True, type='mmtrack.VideoSampler')
mmtrack_dataset = dict(
    _delete_=True,
    type='mmtrack.MOTChallengeDataset',
    metainfo=dict(CLASSES=('pedestrian',)),
    ref_img_sampler=None,
    load_as_video=True,
    test_mode=True,
)
mmtrack_packing = dict(
    type='mmtrack.PackTrackInputs', pack_single_img=True, meta_keys=('frame_rate',)
)
mmtrack_visualization = dict(_delete_=True, type='mmtrack.TrackVisualizationHook', draw=False)
mmtrack_visualizer = dict(_delete_=True, type='mmtrack.DetLocalVisualizer')
