import numpy as np

from mmmaml.datasets.task_source import TaskRandomness


def draws(task, slot):
    return {name: rng.random(4).tolist() for name, rng in task.of_image(slot).items()}


def test_generators_are_functions_of_seed_index_and_place():
    task = TaskRandomness(seed=3, index=7)
    first = [draws(task, slot) for slot in range(5)]
    again = TaskRandomness(seed=3, index=7)
    assert [draws(again, slot) for slot in reversed(range(5))] == first[::-1]
    assert len({tuple(each['rng']) for each in first}) == 5
    assert len({tuple(each['task_rng']) for each in first}) == 1
    for other in (TaskRandomness(3, 8), TaskRandomness(4, 7)):
        for slot in range(5):
            for name, numbers in draws(other, slot).items():
                assert not set(numbers) & set(first[slot][name])


def test_an_image_may_draw_as_much_as_it_likes():
    task = TaskRandomness(seed=0, index=0)
    task.of_image(0)['rng'].random(100_000)
    expected = np.random.PCG64((0, 1, 0))
    expected.advance(1 << 64)
    assert task.of_image(1)['rng'].random() == np.random.Generator(expected).random()
