"""Options of a short training of the demo's configs."""

SHORT = {
    'train_cfg.max_epochs': 1,
    'train_dataloader.dataset.num_ways': 4,
    'model.reid.backbone.base_channels': 4,
    'model.reid.head.in_channels': 32,
    'model.tracker.frame_rate': 6,
    'log_level': 'ERROR',
    'randomness.seed': 0,
}
