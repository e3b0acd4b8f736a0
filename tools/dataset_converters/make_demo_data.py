"""Generate demo sequences: procedural pedestrians in the MOTChallenge layout."""

import sys

from mmmaml.commands.converting.make_demo_data import main

if __name__ == '__main__':
    sys.exit(main())
