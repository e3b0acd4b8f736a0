"""Test a trained model: run it over the test set of its config and evaluate it."""

import sys

from mmmaml.commands.running.test import main

if __name__ == '__main__':
    sys.exit(main())
