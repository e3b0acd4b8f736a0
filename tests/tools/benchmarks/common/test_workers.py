"""Jobs in processes of one thread each."""

import pytest

from tools.benchmarks.common.workers import Workers


def test_jobs_of_several_processes(tmp_path):
    with Workers(2, tmp_path / 'log.txt') as workers:
        assert sorted(workers.map(abs, [-3, 1, -2])) == [1, 2, 3]
        with pytest.raises(TypeError, match='bad operand'):
            list(workers.map(abs, ['text']))
