"""The section on bad input: that it reads what Hypothesis tells."""

import re
from pathlib import Path

from tools.benchmarks.reliability import bad_input

TESTS = Path(__file__).parents[3]
OUTPUT = """
tests/utils/test_mot_files_properties.py::test_any_bytes:

  - during generate phase (0.03 seconds):
    - Typical runtimes: < 1ms, of which < 1ms in data generation
    - 1000 passing, 0 failing, and 0 invalid test cases
    - Events:
      * 96.67%, refused
      * 3.33%, answered

  - Stopped because settings.max_examples=60

tests/models/trackers/test_tracker_properties.py::test_any_frames[adapter_cfg1-options1]:

  - during generate phase (0.28 seconds):
    - 7 passing, 1 failing, and 2 invalid test cases
    - Events:
      * 80.00%, answered

  - Stopped because settings.max_examples=60
"""


def test_statistics_are_read():
    assert bad_input.parsed(OUTPUT) == [
        ('test_any_bytes', 1000, 0, 3.33, 96.67),
        ('test_any_frames[adapter_cfg1-options1]', 7, 1, 100.0, 0.0),
    ]
    names = [bad_input.name_of(each.test) for each in bad_input.parsed(OUTPUT)]
    assert names == ['bytes in their place', 'detections of successive frames, closed form']


def test_every_property_has_a_name():
    found = set()
    for path in TESTS.rglob('test_*_properties.py'):
        found |= set(re.findall(r'@bounded\n@given\(.*?\ndef (test_\w+)', path.read_text(), re.S))
    assert found == set(bad_input.SUBJECTS)
