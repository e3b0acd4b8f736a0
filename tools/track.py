"""Track people in any video: a file, a folder of images, a camera or a stream."""

import sys

from mmmaml.commands.track import main

if __name__ == '__main__':
    sys.exit(main())
