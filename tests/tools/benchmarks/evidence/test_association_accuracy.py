"""Association accuracy of a network that was trained for an epoch."""

import json
from pathlib import Path

from mmengine.config import Config

from tests.tools.demo_runs import SHORT
from tools.benchmarks.evidence import association_accuracy

ROOT = Path(__file__).parents[4]


def test_recognition_after_absences_of_a_trained_network(on_demo_data, run_tool, capsys):
    config = ROOT / 'configs' / 'demo' / 'maml-mot_r18_demo.py'
    run_tool('train', config, '--work-dir', 'trained', **SHORT)
    small = Config.fromfile(config)
    small.merge_from_dict(SHORT)
    small.dump('small.py')
    checkpoints = ['trained/epoch_1.pth'] * 2
    capsys.readouterr()
    association_accuracy.main(['small.py', *checkpoints, '--json', 'absences.json'])
    table = [line.split('|')[1:-1] for line in capsys.readouterr().out.splitlines() if '|' in line]
    assert [cell.strip() for cell in table[0]] == ['adaptation', 'DEMO-03', 'all']
    runs = json.loads(Path('absences.json').read_text())
    assert runs[0] == runs[1]
    assert len(table) == 2 + len(runs[0])
    for row in table[2:]:
        absences = runs[0][row[0].strip()]['DEMO-03'].values()
        right = sum(a['right'] * a['decisions'] for a in absences)
        share = 100 * right / sum(a['decisions'] for a in absences)
        assert row[2].strip() == f'{share:.1f} ± 0.0'
        assert share > 25  # six people at most: chance is about 20
