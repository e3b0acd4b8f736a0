"""Inputs of every kind, each answered or refused."""

import os
import re
import subprocess
import sys
from typing import NamedTuple

from tools.benchmarks.common.paths import ROOT
from tools.benchmarks.common.presets import Preset
from tools.benchmarks.common.tables import table

EXAMPLES = {'small': 20, 'full': 1000}
SUBJECTS = {
    'test_any_rows': 'lines of `gt.txt`, `det.txt` and results',
    'test_any_bytes': 'bytes in their place',
    'test_any_seqinfo': '`seqinfo.ini`',
    'test_any_results': 'tracks to be written',
    'test_any_ground_truth': 'ground truth to be converted',
    'test_the_checker_counts_what_is_converted': 'ground truth to be checked',
    'test_any_people_in_any_frames': 'people, videos and frames of tasks',
    'test_any_frames': 'detections of successive frames',
}
"""Subjects of the properties, by the name of their test."""


class Property(NamedTuple):
    """Outcome of a property.

    Attributes:
        test: Name of its test, with the parameters.
        passing: Inputs that meet it.
        failing: Inputs that do not.
        answered: Share of the inputs that got an answer, in percent.
        refused: Share of the inputs that were refused, in percent; of several frames one may be
            answered and another refused.
    """

    test: str
    passing: int
    failing: int
    answered: float
    refused: float


def section(preset: Preset) -> str:
    """Write the section of the page."""
    properties = parsed(statistics(EXAMPLES[preset]))
    rows = [
        [
            name_of(each.test),
            f'{each.passing:,}',
            f'{each.answered:.0f}%',
            f'{each.refused:.0f}%',
            str(each.failing),
        ]
        for each in properties
    ]
    return f"""\
Properties of inputs that Hypothesis makes up, with NaN, infinity, numbers of any size, text that
is none, missing and repeated things among what is valid. An input is answered with what an
independent calculation gives, or refused with an error that names the file and line, the argument
and row, or the option, and then nothing is changed and nothing is written. Anything else is a
failure, a warning too. Successive frames count as both where one is answered and another refused.

{table(['inputs', 'tried', 'answered', 'refused', 'failures'], rows)}
Besides these: 0 and 3,000 detections in successive frames, and features whose precision changes.
Every file that the package and its tools write appears whole or not at all: under a temporary name
that becomes its own at the end.
"""


def name_of(test: str) -> str:
    """Name the subject of a test, and its parameters."""
    name, _, parameters = test.partition('[')
    if parameters:
        setting = int(parameters.rstrip(']').rpartition('options')[2])
        kinds = ('no adaptation', 'closed form', 'gradient steps', "BoT-SORT's stages")
        return f'{SUBJECTS[name]}, {kinds[setting]}'
    return SUBJECTS[name]


def statistics(examples: int) -> str:
    """Run pytest on so many examples of every property; return its output.

    Raises:
        RuntimeError: A test failed; the message is the output.
    """
    files = sorted(str(path) for path in (ROOT / 'tests').rglob('test_*_properties.py'))
    command = [sys.executable, '-m', 'pytest', '-v', '-p', 'no:cacheprovider']
    run = subprocess.run(
        [*command, '--hypothesis-show-statistics', *files],
        cwd=ROOT,
        env={**os.environ, 'PROPERTY_EXAMPLES': str(examples)},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(run.stdout + run.stderr)
    return run.stdout


def parsed(output: str) -> list[Property]:
    """Read the properties in the statistics of Hypothesis."""
    properties = []
    for test, text in re.findall(r'^\S+::(\S+):\n(.*?)^\s+- Stopped', output, re.M | re.S):
        counts = re.search(r'(\d+) passing, (\d+) failing, and (\d+) invalid', text)
        assert counts is not None
        passing, failing, invalid = map(int, counts.groups())
        # Hypothesis counts examples that it did not finish drawing, too.
        more = (passing + failing + invalid) / (passing + failing)
        shares = re.findall(r'([\d.]+)%, (\w+)$', text, re.M)
        percent = {event: more * float(share) for share, event in shares}
        answered, refused = percent.get('answered', 0.0), percent.get('refused', 0.0)
        properties.append(Property(test, passing, failing, answered, refused))
    return properties
