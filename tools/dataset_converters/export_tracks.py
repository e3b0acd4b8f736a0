"""Write tracks in the formats of annotation tools: CVAT, COCO, MOTChallenge."""

import sys

from mmmaml.commands.converting.export_tracks import main

if __name__ == '__main__':
    sys.exit(main())
