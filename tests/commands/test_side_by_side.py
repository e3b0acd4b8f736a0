"""Jobs in processes of their own: results, order, logs, and their end by errors and Ctrl-C."""

import os
import sys
import time
from pathlib import Path

import pytest

from mmmaml.commands.running import side_by_side as jobs
from mmmaml.datasets.synthetic import SequenceAppearance  # light: children import this module


def note(name, folder, advance):
    """Say something, and when it ran."""
    begin = time.monotonic()
    for done in range(3):
        print(f'{name} {done}')
        print(f'{name} {done} went wrong', file=sys.stderr)
        advance(done + 1, 3)
    (folder / f'{name}.pid').write_text(str(os.getpid()))
    return name, begin, time.monotonic(), SequenceAppearance()


def fail(folder, advance):
    """Fail as soon as the sleeper sleeps."""
    deadline = time.monotonic() + 60
    while not (folder / 'sleeper.pid').exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    raise ValueError('nothing\nto see')


def vanish(advance):
    os._exit(7)


def sleep(folder, advance):
    (folder / 'sleeper.pid.part').write_text(str(os.getpid()))
    (folder / 'sleeper.pid.part').rename(folder / 'sleeper.pid')
    time.sleep(600)


def is_alive(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize('at_a_time', [1, 2])
def test_results_order_and_log(tmp_path, capsys, at_a_time):
    names = ['first', 'second', 'third']
    after = {'second': 'third'}
    listed = [jobs.Job(n, f'the {n}', note, (n, tmp_path), after.get(n)) for n in names]
    if at_a_time == 1:  # in this process they run as they are listed
        listed = [listed[0], listed[2], listed[1]]
    steps = jobs.Steps(3, tmp_path / 'log.txt', at_a_time)
    results = steps.run(listed)
    assert {key: value[0] for key, value in results.items()} == {name: name for name in names}
    assert results['third'][2] <= results['second'][1]
    assert results['first'][3] == SequenceAppearance()
    pids = {int((tmp_path / f'{name}.pid').read_text()) for name in names}
    assert (os.getpid() in pids) is (at_a_time == 1)
    assert len(pids) == (1 if at_a_time == 1 else 3)
    log = [line for line in (tmp_path / 'log.txt').read_text().splitlines() if line[0] != '[']
    assert len(log) == 18
    assert {' '.join(line.split()[:1]) for line in log[:6]} in ({'first'}, {'third'})
    for block in (log[:6], log[6:12], log[12:]):  # of one job each
        assert len({line.split()[0] for line in block}) == 1
    shown = capsys.readouterr().out
    assert sorted(line.split(':')[0] for line in shown.splitlines() if '/3]' in line) == [
        '[1/3] the first',
        '[2/3] the third',
        '[3/3] the second',
    ]
    assert not list(tmp_path.glob('log_*'))


def test_an_error_stops_what_runs_beside_it(tmp_path):
    listed = [
        jobs.Job('bad', 'the bad one', fail, (tmp_path,)),
        jobs.Job('long', 'the long one', sleep, (tmp_path,)),
    ]
    with pytest.raises(jobs.JobError) as failed:
        jobs.Steps(2, tmp_path / 'log.txt', 2).run(listed)
    assert 'the bad one failed' in str(failed.value)
    assert 'ValueError: nothing to see' in str(failed.value)
    assert str(tmp_path / 'log.txt') in str(failed.value)
    assert not is_alive(tmp_path / 'sleeper.pid')
    assert 'Traceback' in (tmp_path / 'log.txt').read_text()


def test_an_error_in_this_process_is_told_alike(tmp_path):
    (tmp_path / 'sleeper.pid').touch()
    with pytest.raises(jobs.JobError, match=r'the bad one failed.*ValueError: nothing to see'):
        jobs.Steps(1, tmp_path / 'log.txt').run([jobs.Job('b', 'the bad one', fail, (tmp_path,))])
    assert 'Traceback' in (tmp_path / 'log.txt').read_text()


def test_a_process_that_vanishes_is_an_error(tmp_path):
    listed = [jobs.Job('gone', 'the lost one', vanish, ())]
    with pytest.raises(jobs.JobError, match=r'the lost one failed.* ended with status 7'):
        jobs.Steps(1, tmp_path / 'log.txt', 2).run(listed)


def test_ctrl_c_stops_all(tmp_path, monkeypatch):
    def interrupt(connections):
        deadline = time.monotonic() + 60
        while not (tmp_path / 'sleeper.pid').exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, 'wait', interrupt)
    with pytest.raises(KeyboardInterrupt):
        jobs.Steps(1, tmp_path / 'log.txt', 2).run(
            [jobs.Job('long', 'the long one', sleep, (tmp_path,))]
        )
    assert not is_alive(tmp_path / 'sleeper.pid')


def test_there_is_a_core():
    assert 1 <= jobs.available_cores() <= (os.cpu_count() or 1)
