"""Meta-train, track and score: from nothing to a table, videos and learning curves."""

import sys

from mmmaml.commands.running.demo import main

if __name__ == '__main__':
    sys.exit(main())
