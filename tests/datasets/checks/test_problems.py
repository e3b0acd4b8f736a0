from pathlib import Path

from mmmaml.datasets.checks.problems import Problem, ranges


def test_neighbours_are_put_together():
    assert ranges([]) == ''
    assert ranges([4]) == '4'
    assert ranges([1, 2, 3, 7, 9, 10]) == '1-3, 7, 9-10'


def test_only_so_many_ranges_are_told():
    assert ranges([1, 2, 4, 6, 7, 8], most=3) == '1-2, 4, 6-8'
    assert ranges([1, 2, 4, 6, 7, 8, 10], most=3) == '1-2, 4, 6-8, ...'


def test_a_problem_says_where_and_how_often():
    path = Path('gt.txt')
    assert (Problem('error', path, 'm').count, Problem('error', path, 'm').place()) == (1, '')
    lines = Problem('error', path, 'm', lines=(3, 4, 9))
    assert (lines.count, lines.place(), lines.place(1)) == (3, 'line 3-4, 9', 'line 3-4, ...')
    assert Problem('warning', path, 'm', frames=(7,)).place() == 'frame 7'
