"""Page and appendix of made-up numbers, beside those in docs."""

import re
from pathlib import Path

import numpy as np
import pytest

from tools.benchmarks.evidence import data, page
from tools.benchmarks.evidence.presets import PRESETS, runs_of
from tools.benchmarks.evidence.summary import Evidence

DOCS = Path(__file__).parents[4] / 'docs'
METRICS = (
    *('accuracy', 'error', 'accuracy_1s', 'accuracy_3s', 'accuracy_5s', 'mAP', 'rank-1'),
    *('MOTA', 'IDF1', 'HOTA', 'IDs', 'reentry_1s', 'reentry_3s'),
)


@pytest.fixture(scope='module')
def groups():
    specs = data.test_specs(PRESETS['full'])
    return {group: [spec.name for spec in each] for group, each in specs.items()}


@pytest.fixture(scope='module')
def evidence(groups):
    """Numbers of all runs of the full preset, drawn at random."""
    rng = np.random.default_rng(0)
    records = [
        {
            'training': run.training.key,
            'training_set': run.training_set.key,
            'seed': run.seed,
            'online': online.key,
            'group': group,
            'metric': metric,
            'value': rng.uniform(0.2, 0.9),
        }
        for run in runs_of(PRESETS['full'])
        for online in run.onlines
        for group in groups
        for metric in METRICS
    ]
    return Evidence(records, [group for group in groups if group in data.SHIFTS])


def outline(text: str) -> list[str]:
    """A page without its numbers, lines of equal kind after each other once."""
    masked = re.sub(r'\*\*|[+-]?\d+(\.\d+)?', '', text)
    return [' '.join(line.split()) for line in masked.splitlines() if line.strip()]


@pytest.fixture(scope='module')
def written(evidence, groups, tmp_path_factory):
    path = tmp_path_factory.mktemp('pages') / 'evidence.md'
    sequences = data.EvidenceData(None, None, 'MOT17', groups)
    command = 'python -m tools.benchmarks.evidence --preset full --docs docs/evidence.md'
    page.write_page(path, page.Page(command, PRESETS['full'], sequences), evidence)
    return path


@pytest.mark.parametrize('name', ['evidence.md', 'evidence_appendix.md'])
def test_the_pages_in_docs_are_those_that_the_script_writes(written, name):
    kept, made = ((folder / name).read_text() for folder in (DOCS, written.parent))
    versions = re.compile(r'^\(torch .*?\)', re.M)
    assert outline(versions.sub('', kept)) == outline(versions.sub('', made))


def test_the_first_page_is_short_and_links_to_its_appendix(written, evidence):
    text = written.read_text()
    assert len(text.split()) < 1500
    assert (written.parent / 'images' / 'evidence.png').is_file()
    links = set(re.findall(r'\]\(([\w./]+)', text))
    pages = {'evidence_appendix.md', 'evidence_real.md', 'decisions.md'}
    assert links == {*pages, 'images/evidence.png'}
    values = evidence.values(('meta', 'default'), 'full', 'mean of shifts', 'accuracy')
    assert f'meta (default), closed form (default): {100 * values.mean():.1f} ±' in text


def test_changes_that_were_not_measured_are_no_sentence():
    record = {'training': 'plain', 'online': 'mean', 'seed': 0, 'group': 'held out', 'value': 0.5}
    records = [
        {**record, 'training_set': key, 'metric': metric}
        for key in ('full', 'scarce')
        for metric in METRICS
    ]
    fields = page._tables(Evidence(records, []))
    assert fields['summary'].splitlines() == [
        '- Association accuracy. plain, none, running mean: 50.0 %.',
        '- Ids kept at re-entry, after 1 s or more. plain, none, running mean: 50.0 %.',
    ]
