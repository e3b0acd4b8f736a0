"""Checkpoints of another network, other people or no training: a sentence with both sides."""

import logging

import pytest
import torch
from mmengine import DefaultScope
from mmengine.logging import MMLogger
from mmengine.registry import RUNNERS

from ..runs import MAML, assert_same_state, train
from ..toy import config

MEMORY = {'type': 'TaskMemoryHook'}
OTHER = {'feat_channels': 7}


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A checkpoint of ten people, with optimizer and task memory."""
    folder = tmp_path_factory.mktemp('trained')
    with pytest.MonkeyPatch.context() as patch:  # its logger and scope end with it
        for manager in (DefaultScope, MMLogger):
            patch.setattr(manager, '_instance_dict', manager._instance_dict.copy())
        train(config(folder, epochs=1, hooks=[MAML, MEMORY]))
    return folder / 'epoch_1.pth'


def edited(path, out, edit):
    content = torch.load(path, weights_only=False)
    edit(content)
    torch.save(content, out)
    return str(out)


def of_people(work_dir, number, **options):
    cfg = config(work_dir, epochs=2, hooks=[MAML], **options)
    cfg.train_dataloader.dataset.dataset.num_people = number
    return cfg


def load_to_test(work_dir, path, head=None):
    """Build the runner of a test, as far as the loading of its weights."""
    cfg = config(work_dir, load_from=str(path), head=head)
    runner = RUNNERS.build(cfg)
    runner.load_or_resume()
    return runner


@pytest.fixture
def told(monkeypatch):
    """Messages of at least a warning, by any logger of MMEngine."""
    found = []
    handle = logging.Logger.handle

    def keep(logger, record):
        if record.levelno >= logging.WARNING:
            found.append(record.getMessage())
        handle(logger, record)

    monkeypatch.setattr(logging.Logger, 'handle', keep)
    return found


def about(told, path):
    return [line for line in told if str(path) in line or 'do not match' in line]


def test_resuming_on_other_people_is_refused(tmp_path, trained):
    message = (
        r'epoch_1\.pth was trained on 10 identities and the training data have 6: --resume goes'
    )
    with pytest.raises(ValueError, match=message):
        train(of_people(tmp_path, 6, resume=True, load_from=str(trained)))


def test_resuming_another_network_is_refused(tmp_path, trained):
    cfg = config(tmp_path, hooks=[MAML], head=OTHER, resume=True, load_from=str(trained))
    with pytest.raises(ValueError, match=r'another network .* of the \d+ weights of MetaReID fit'):
        train(cfg)


def test_resuming_weights_alone_is_refused(tmp_path, trained):
    path = edited(trained, tmp_path / 'w.pth', lambda c: [c.pop(k) for k in ('optimizer', 'meta')])
    with pytest.raises(ValueError, match=r'w\.pth holds no meta and no optimizer, so there is no'):
        train(config(tmp_path, hooks=[MAML], resume=True, load_from=path))


def test_fine_tuning_on_other_people_starts_the_classifier_anew(tmp_path, trained, told):
    cfg = of_people(tmp_path, 6, load_from=str(trained))
    train(cfg)
    [line] = about(told, trained)
    assert 'on 10 identities and the training data have 6: head.classifier starts anew' in line


def test_fine_tuning_another_network_counts_the_weights_that_fit(tmp_path, trained, told):
    train(config(tmp_path, epochs=1, hooks=[MAML], head=OTHER, load_from=str(trained)))
    [line] = about(told, trained)
    assert 'weights of MetaReID fit, the others start anew' in line
    assert 'head.embed (2)' in line


def test_fine_tuning_from_nothing_is_refused(tmp_path):
    torch.save({'fc.weight': torch.zeros(2)}, tmp_path / 'fc.pth')
    cfg = config(tmp_path, hooks=[MAML], load_from=str(tmp_path / 'fc.pth'))
    with pytest.raises(
        ValueError, match=r'holds no weight of MetaReID: it holds fc\.weight \(1\)'
    ):
        train(cfg)


@pytest.mark.parametrize('name', ['head.embed.weight', 'backbone.bn1.running_mean'])
def test_testing_without_a_weight_is_refused(tmp_path, trained, name):
    path = edited(trained, tmp_path / 'part.pth', lambda c: c['state_dict'].pop(name))
    part = '.'.join(name.split('.')[:2])
    with pytest.raises(ValueError, match=rf'weights of MetaReID fit; it lacks {part} \(1\)'):
        load_to_test(tmp_path, path)


def test_testing_does_without_the_classifier_and_the_memory(tmp_path, trained, told):
    def strip(content):
        for name in list(content['state_dict']):
            if name.startswith(('head.classifier', 'head.task_memory', 'head.scatter')):
                del content['state_dict'][name]
        content['state_dict']['extra.weight'] = torch.zeros(1)

    path = edited(trained, tmp_path / 'lean.pth', strip)
    load_to_test(tmp_path, path, head={'num_classes': 3})
    [line] = about(told, path)
    assert 'holds 1 weights that MetaReID has no use for: extra.weight (1)' in line


def test_weights_that_fit_are_taken_over_in_silence(tmp_path, trained, told):
    state = torch.load(trained, weights_only=False)['state_dict']
    runner = load_to_test(tmp_path, trained)
    assert about(told, trained) == []
    assert state.keys() == runner.model.state_dict().keys()
    assert all(torch.equal(v, state[k]) for k, v in runner.model.state_dict().items())


@pytest.mark.parametrize('content', [b'', b'text', b'PK\x03\x04 cut off'])
def test_files_that_are_no_checkpoints_are_named(tmp_path, content):
    (tmp_path / 'x.pth').write_bytes(content)
    with pytest.raises(ValueError, match=r'x\.pth is damaged, or no checkpoint'):
        load_to_test(tmp_path, tmp_path / 'x.pth')
    torch.save([1, 2], tmp_path / 'list.pth')
    with pytest.raises(ValueError, match='holds a list'):
        load_to_test(tmp_path, tmp_path / 'list.pth')


def test_averaged_weights_resume_and_test_as_before(tmp_path):
    averaged = {'type': 'EMAHook'}
    whole = train(config(tmp_path / 'a', epochs=2, hooks=[MAML, averaged]))
    path = str(tmp_path / 'a' / 'epoch_1.pth')
    options = {'resume': True, 'load_from': path}
    resumed = train(config(tmp_path / 'b', epochs=2, hooks=[MAML, averaged], **options))
    assert_same_state(resumed, whole)
