"""Fit a scatter prior for a Re-ID network: how its embeddings of one person vary."""

import sys

from mmmaml.commands.fit_prior import main

if __name__ == '__main__':
    sys.exit(main())
