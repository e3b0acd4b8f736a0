"""Draw the tasks that a config trains on, support and query side by side."""

import sys

from mmmaml.commands.running.browse_episodes import main

if __name__ == '__main__':
    sys.exit(main())
