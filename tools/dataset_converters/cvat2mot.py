"""Turn exports of CVAT ("MOT 1.1", "CVAT for video 1.1") into the MOTChallenge layout."""

import sys

from mmmaml.commands.converting.cvat2mot import main

if __name__ == '__main__':
    sys.exit(main())
