"""List every problem of a dataset in the MOTChallenge layout at once."""

import sys

from mmmaml.commands.check_data import main

if __name__ == '__main__':
    sys.exit(main())
