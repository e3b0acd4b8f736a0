"""The hooks inside a real, tiny Runner."""

import json

import pytest
import torch
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from mmmaml.meta import TaskMemory

from .toy import config

MAML = {'type': 'MAMLOptimizerHook', 'inner_lr': 0.1}
MEMORY = {'type': 'TaskMemoryHook'}


def train(cfg):
    runner = RUNNERS.build(cfg)
    runner.train()
    return runner


def logged(work_dir):
    (path,) = work_dir.glob('*/vis_data/scalars.json')
    return [json.loads(line) for line in path.read_text().splitlines()]


def checkpoint(work_dir, epoch):
    path = work_dir / f'epoch_{epoch}.pth'
    return torch.load(path, weights_only=False)['state_dict']


def test_meta_training_logs_the_gain_and_fills_the_memory(tmp_path):
    runner = train(config(tmp_path, epochs=6, hooks=[MAML, MEMORY]))
    head = runner.model.head
    assert head.num_classes == 10  # from the dataset
    rows = logged(tmp_path)
    assert {'support_ce', 'query_ce', 'query_ce_adapted', 'loss_query'} <= set(rows[0])
    first, last = rows[0], rows[-1]
    assert last['loss_query'] < 0.7 * first['loss_query']
    assert last['query_ce_adapted'] < last['query_ce']  # adaptation helps its own queries
    assert len(head.task_memory) == 10
    assert head.task_memory.support.shape == (10, 6, 4)
    assert float(head.task_memory.inner_lr) == pytest.approx(0.1)


def test_training_through_the_closed_form(tmp_path):
    hooks = [{'type': 'MAMLOptimizerHook', 'solver': 'closed_form'}, MEMORY]
    head = {'task_classifier': 'prototype'}
    runner = train(config(tmp_path / 'a', epochs=6, hooks=hooks, head=head))
    rows = logged(tmp_path / 'a')
    assert rows[-1]['loss_plain'] < 0.8 * rows[0]['loss_plain']
    assert all(row['query_ce_adapted'] < row['query_ce'] for row in rows[:3])
    head_of = runner.model.head
    assert len(head_of.task_memory) == 0  # no gradients to keep
    assert head_of.scatter.count == 10
    # What the inner loop starts from travels with every checkpoint.
    assert checkpoint(tmp_path / 'a', 3)['head.scatter.scatter'].any()
    resumed = train(
        config(
            tmp_path / 'b',
            epochs=6,
            hooks=hooks,
            head=head,
            resume=True,
            load_from=str(tmp_path / 'a' / 'epoch_3.pth'),
        )
    )
    for name, value in runner.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], value, rtol=0, atol=0)


def test_memory_is_in_the_last_checkpoint_and_only_there(tmp_path):
    runner = train(config(tmp_path, hooks=[MAML, MEMORY]))
    assert checkpoint(tmp_path, 1)['head.task_memory.support'].numel() == 0
    state = checkpoint(tmp_path, 2)
    assert torch.equal(state['head.task_memory.grads'], runner.model.head.task_memory.grads)
    fresh = RUNNERS.build(config(tmp_path / 'fresh', load_from=str(tmp_path / 'epoch_2.pth')))
    fresh.load_or_resume()
    x, new = torch.randn(2, 7, 4), torch.rand(2, 4)
    args = (runner.model.head.weight, runner.model.head.bias)
    expected = runner.model.head.task_memory.embed(new, x, *args)
    torch.testing.assert_close(fresh.model.head.task_memory.embed(new, x, *args), expected)


def embeds_of_first_way(reid, dataset, index):
    batch = reid.data_preprocessor({k: [v] for k, v in dataset[index].items()}, training=True)
    return reid(batch['inputs'][0, 0]).detach()


def test_memory_holds_the_tasks_of_the_final_parameters(tmp_path):
    runner = train(config(tmp_path, hooks=[MAML, MEMORY]))
    reid, dataset = runner.model.eval(), runner.train_dataloader.dataset
    batch = reid.data_preprocessor({k: [v] for k, v in dataset[4].items()}, training=True)
    feats = reid.extract_crop_feats(batch['inputs'].flatten(0, 2)).unflatten(0, (1, 3, 3))
    adapted = reid.head.adapt(
        feats[:, :, :2], feats[:, :, 2:], batch['data_samples'][0].labels[None], reid.inner_loop
    )
    embeds = torch.stack([embeds_of_first_way(reid, dataset, i) for i in range(10)])
    deviations = (embeds - embeds.mean(1, keepdim=True)).flatten(0, 1)
    torch.testing.assert_close(reid.head.scatter.scatter, deviations.T @ deviations / 20)
    memory: TaskMemory = reid.head.task_memory
    torch.testing.assert_close(memory.support[4], feats[0, :, :2].flatten(0, 1).detach())
    torch.testing.assert_close(memory.grads[4], adapted.grads[0].detach())


def test_a_bounded_memory_spreads_over_the_identities(tmp_path):
    head = {'memory': {'max_tasks': 4}}
    runner = train(config(tmp_path, epochs=1, hooks=[MAML, MEMORY], head=head))
    memory = runner.model.head.task_memory
    full = train(config(tmp_path / 'full', epochs=1, hooks=[MAML, MEMORY])).model.head.task_memory
    torch.testing.assert_close(memory.support, full.support[[0, 3, 6, 9]])


def test_memory_is_saved_where_training_counts_iterations(tmp_path):
    cfg = config(
        tmp_path,
        hooks=[MAML, MEMORY],
        train_cfg={'type': 'IterBasedTrainLoop', 'max_iters': 4},
        default_hooks={'checkpoint': {'type': 'CheckpointHook', 'interval': 2, 'by_epoch': False}},
    )
    train(cfg)
    states = [
        torch.load(tmp_path / f'iter_{i}.pth', weights_only=False)['state_dict'] for i in (2, 4)
    ]
    assert [len(state['head.task_memory.support']) for state in states] == [0, 10]


def test_memory_is_built_through_its_own_pipeline_and_without_repeats(tmp_path):
    grey = {'type': 'PaintGrey'}
    cfg = config(tmp_path, epochs=1, hooks=[MAML, {**MEMORY, 'pipeline': [grey]}])
    cfg.train_dataloader.dataset.dataset.num_frames = 2
    cfg.train_dataloader.dataset.short_identities = 'repeat'
    runner = train(cfg)
    memory, scatter = runner.model.head.task_memory, runner.model.head.scatter
    torch.testing.assert_close(memory.support, memory.support[:1, :1].expand_as(memory.support))
    assert scatter.count == 10  # of grey images all the same, none of which is a repeat
    assert not scatter.scatter.any()


def test_without_the_hook_the_same_config_trains_the_plain_baseline(tmp_path):
    runner = train(config(tmp_path, hooks=[MEMORY]))
    rows = logged(tmp_path)
    assert 'loss_plain' in rows[0]
    assert 'loss_query' not in rows[0]
    assert len(runner.model.head.task_memory) == 0
    assert runner.model.head.scatter.count == 10


def test_resuming_continues_the_learned_rate(tmp_path):
    head = {'learn_inner_lr': True}
    whole = train(config(tmp_path / 'a', epochs=3, hooks=[MAML, MEMORY], head=head))
    train(config(tmp_path / 'b', epochs=2, hooks=[MAML, MEMORY], head=head))
    resumed = train(
        config(
            tmp_path / 'c',
            epochs=3,
            hooks=[MAML, MEMORY],
            head=head,
            resume=True,
            load_from=str(tmp_path / 'b' / 'epoch_2.pth'),
        )
    )
    assert whole.model.head.log_inner_lr.exp().item() != pytest.approx(0.1, rel=1e-3)
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], value, rtol=0, atol=0)
    assert 'inner_lr' in logged(tmp_path / 'a')[0]


def test_mismatches_are_refused_before_the_first_iteration(tmp_path):
    check = {'type': 'TaskCheckHook'}
    with pytest.raises(ValueError, match='9 classes, the training dataset 10 identities'):
        train(config(tmp_path / 'a', hooks=[check], head={'num_classes': 9}))
    cfg = config(tmp_path / 'b', hooks=[check])
    cfg.train_dataloader.sampler.type = 'DefaultSampler'
    with pytest.raises(ValueError, match='DefaultSampler does not tell'):
        train(cfg)
    cfg = config(tmp_path / 'c', hooks=[check])
    cfg.train_dataloader.dataset.num_ways = 1
    with pytest.raises(ValueError, match='leaves nothing to tell apart'):
        train(cfg)
    cfg.model.head.task_classifier = 'global'
    assert train(cfg).iter == 10


def test_a_model_without_meta_reid_is_named(tmp_path):
    cfg = config(tmp_path, hooks=[MAML], head={'num_classes': 10})
    cfg.model = {
        'type': 'MAMLMOT',
        'detector': {'type': 'PublicDetector'},
        'tracker': {'type': 'OnlineMetaTracker'},
    }
    with pytest.raises(TypeError, match='MAMLMOT has no MetaLearner'):
        Runner.from_cfg(cfg).call_hook('before_train')
