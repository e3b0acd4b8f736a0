import time

import pytest

from mmmaml.apis.stage_clock import StageClock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test moves on."""
    now = [0.0]
    monkeypatch.setattr(time, 'perf_counter', lambda: now[0])
    return now


def test_a_stage_does_not_count_those_within(now: list[float]) -> None:
    clock = StageClock()
    with clock.stage('association'):
        now[0] += 1
        with clock.stage('network'):
            now[0] += 2
            with clock.stage('network'):
                now[0] += 4
        now[0] += 8
        with clock.stage('adaptation'):
            now[0] += 16
    assert clock.seconds == {'network': 6, 'adaptation': 16, 'association': 9}
    clock.reset()
    assert clock.seconds == {}


def test_calls_of_a_method_are_watched(now: list[float]) -> None:
    class Network:
        def forward(self, seconds: float) -> str:
            now[0] += seconds
            if seconds < 0:
                raise ValueError('back in time')
            return 'done'

    clock, network = StageClock(), Network()
    clock.watch(network, 'forward', 'network')
    assert network.forward(3) == 'done'
    Network().forward(5)  # another one is not
    assert clock.seconds == {'network': 3}
    with pytest.raises(ValueError, match='back in time'):
        network.forward(-1)
    assert clock.seconds == {'network': 2}
