"""Convert a MOTChallenge folder (MOT15 to MOT20 or your own) to CocoVID annotations."""

import sys

from mmmaml.commands.converting.mot2coco import main

if __name__ == '__main__':
    sys.exit(main())
