"""Train the model of a config."""

import sys

from mmmaml.commands.running.train import main

if __name__ == '__main__':
    sys.exit(main())
