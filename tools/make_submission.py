"""Pack results of MOT15, MOT16, MOT17 or MOT20 for the MOTChallenge server, every row checked."""

import sys

from mmmaml.commands.make_submission import main

if __name__ == '__main__':
    sys.exit(main())
