"""The notebook of ``demo/`` runs from its first to its last cell."""

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / 'demo'
SMALLER = {
    'num_frames=150': 'num_frames=30',
    "'train_cfg.max_epochs': 20": "'train_cfg.max_epochs': 1",
    "checkpoint.interval': 20": "checkpoint.interval': 1",
    'tracks.frame == 40': 'tracks.frame == 20',
}
"""What makes it quick, without another line of its code."""


def test_the_tour_runs_and_shows_what_it_says(tmp_path: Path) -> None:
    cells = json.loads((FOLDER / 'tour.ipynb').read_text(encoding='utf-8'))['cells']
    code = '\n'.join(''.join(each['source']) for each in cells if each['cell_type'] == 'code')
    for old, new in SMALLER.items():
        assert old in code
        code = code.replace(old, new)
    code += "\nassert {'plain', 'adapted'} == set(rows)\nassert scores['MOTA'] > 0.3\n"
    environment = {**os.environ, 'MPLBACKEND': 'Agg', 'TMPDIR': str(tmp_path)}
    done = subprocess.run(
        [sys.executable, '-c', code],
        cwd=FOLDER,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "adapted {'MOTA'" in done.stdout


def test_what_it_stores_was_run_in_order() -> None:
    cells = json.loads((FOLDER / 'tour.ipynb').read_text(encoding='utf-8'))['cells']
    code = [each for each in cells if each['cell_type'] == 'code']
    assert [each['execution_count'] for each in code] == list(range(1, len(code) + 1))
    pictures = [
        out for each in code for out in each['outputs'] if 'image/png' in out.get('data', {})
    ]
    assert len(pictures) == 4
    assert not [out for each in code for out in each['outputs'] if out['output_type'] == 'error']
