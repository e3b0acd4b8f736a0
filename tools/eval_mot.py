"""Score tracks in MOTChallenge format against ground truth; no sequence map is needed."""

import sys

from mmmaml.commands.eval_mot import main

if __name__ == '__main__':
    sys.exit(main())
