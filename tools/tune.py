"""Search the options of the tracker on your own sequences, guarded by held-out ones."""

import sys

from mmmaml.commands.tune import main

if __name__ == '__main__':
    sys.exit(main())
