import importlib.util
import json
from pathlib import Path

import pytest

from .mot_folder import write_sequence

TOOLS = Path(__file__).parents[2] / 'tools' / 'dataset_converters'


def _main(name):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def test_demo_data_from_the_command_line(tmp_path):
    arguments = [
        str(tmp_path), '--train', '1', '--test', '1', '--frames', '3', '--people', '4',
        '--size', '96', '64', '--fps', '5', '--similarity', '0.8', '--palettes', '1', '3',
    ]  # fmt: skip
    assert _main('make_demo_data')(arguments) == 0
    files = sorted(p.name for p in (tmp_path / 'annotations').iterdir())
    assert files == [f'{n}_cocoformat.json' for n in ('half-train', 'half-val', 'test', 'train')]
    train = json.loads((tmp_path / 'annotations' / 'train_cocoformat.json').read_text())
    assert train['videos'] == [{'id': 1, 'name': 'DEMO-01', 'fps': 5.0, 'width': 96, 'height': 64}]
    assert len(list((tmp_path / 'test' / 'DEMO-02' / 'img1').iterdir())) == 3


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--people', '0'], 'num_people=0 must be'),
        (['--train', '-3', '--test', '0'], '--train -3 and --test 0 must be at least 0'),
        (['--train', '0', '--test', '0'], '--train 0 and --test 0 must be at least 0, and one'),
        (['--palettes', '9'], 'palette=9 must be 0 to 3'),
    ],
)
def test_bad_options_are_one_sentence(tmp_path, capsys, arguments, message):
    assert _main('make_demo_data')([str(tmp_path / 'a'), *arguments]) == 2
    assert capsys.readouterr().err.split(': ', 1)[1].startswith(message)
    assert not (tmp_path / 'a').exists()


def test_conversion_from_the_command_line(tmp_path):
    for detector in ('DPM', 'SDP'):
        write_sequence(tmp_path / 'train' / f'MOT17-02-{detector}', '1,1,5,5,20,30,1,1,1\n')
    out = tmp_path / 'out'
    main = _main('mot2coco')
    options = ['--out-dir', str(out), '--detector', 'SDP', '--no-half-split']
    assert main([str(tmp_path), *options]) == 0
    (path,) = out.iterdir()
    assert [v['name'] for v in json.loads(path.read_text())['videos']] == ['MOT17-02-SDP']


def test_conversion_keeps_frcnn_unless_told_and_never_all(tmp_path, capsys):
    for detector in ('DPM', 'FRCNN'):
        write_sequence(tmp_path / 'train' / f'MOT17-02-{detector}', '1,1,5,5,20,30,1,1,1\n')
        write_sequence(tmp_path / 'test' / f'MOT17-01-{detector}', gt=None)
    main = _main('mot2coco')
    assert main([str(tmp_path), '--detector', 'all']) == 2
    assert (
        capsys.readouterr()
        .err.split(': ', 1)[1]
        .startswith("detector='all' must be one of DPM, FRCNN")
    )
    assert main([str(tmp_path)]) == 0
    files = [tmp_path / 'annotations' / f'{n}_cocoformat.json' for n in ('train', 'test')]
    names = [[v['name'] for v in json.loads(path.read_text())['videos']] for path in files]
    assert names == [['MOT17-02-FRCNN'], ['MOT17-01-DPM', 'MOT17-01-FRCNN']]


def test_what_cannot_be_converted_is_one_sentence(tmp_path, capsys):
    write_sequence(tmp_path / 'train' / 'A', gt=None)
    assert _main('mot2coco')([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert not error.startswith('error: ')
    assert error.count('\n') == 1
    assert 'gt.txt is missing' in error
    assert 'Traceback' not in error
