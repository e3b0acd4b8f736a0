"""The console command ``mmmaml``, one word for each of the command lines."""

import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    'track': ('commands.track', 'track people in any video'),
    'train': ('commands.running.train', 'train the model of a config'),
    'test': ('commands.running.test', 'test a trained model over the test set of its config'),
    'browse': ('commands.running.browse_episodes', 'draw the tasks that a config trains on'),
    'demo': ('commands.running.demo', 'train, track and score on generated or own sequences'),
    'eval': ('commands.eval_mot', 'score tracks against ground truth'),
    'check': ('commands.check_data', 'list every problem of a dataset'),
    'convert mot2coco': (
        'commands.converting.mot2coco',
        'MOTChallenge folder to CocoVID annotations',
    ),
    'convert cvat2mot': (
        'commands.converting.cvat2mot',
        'exports of CVAT to the MOTChallenge layout',
    ),
    'convert export': (
        'commands.converting.export_tracks',
        'tracks to CVAT, COCO or MOTChallenge',
    ),
    'convert demo': ('commands.converting.make_demo_data', 'generate demo sequences'),
    'fit-prior': ('commands.fit_prior', 'fit a scatter prior for a Re-ID network'),
    'tune': ('commands.tune', 'search options of the tracker on your own data'),
    'submit': ('commands.make_submission', 'pack results for the MOTChallenge server'),
    'env': ('env', 'check the environment'),
}
"""Words of each command, its module and what it does."""


def usage() -> str:
    """Return the list of commands."""
    lines = [f'  {words:<18}{what}' for words, (_, what) in COMMANDS.items()]
    return '\n'.join(
        [
            'usage: mmmaml COMMAND [options]',
            '',
            *lines,
            '',
            'mmmaml COMMAND --help lists its options.',
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ('-h', '--help'):
        print(usage())
        return 0 if arguments else 2
    if arguments[0] == '--version':
        print(importlib.import_module('mmmaml').__version__)
        return 0
    for length in (1, 2):
        words = ' '.join(arguments[:length])
        if words in COMMANDS:
            sys.argv = [f'mmmaml {words}', *arguments[length:]]  # names the command in messages
            module = importlib.import_module(f'mmmaml.{COMMANDS[words][0]}')
            return module.main() or 0
    said = f'there is no command {arguments[0]!r}'
    kinds = [words.split()[1] for words in COMMANDS if words.startswith(f'{arguments[0]} ')]
    if kinds:
        said = f'{arguments[0]} needs one of {", ".join(kinds)}'
    print(f'mmmaml: {said}\n\n{usage()}', file=sys.stderr)
    return 2
