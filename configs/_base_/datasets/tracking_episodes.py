# Episodes that imitate tracking, over features that fit_prior --features wrote.
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    dataset=dict(type='TrackingEpisodes', features='features.npz'),
    sampler=dict(type='EpisodeSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
)
