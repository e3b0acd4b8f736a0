"""See :mod:`mmmaml.command_line`."""

from mmmaml.command_line import BAD_INPUT, INTERRUPTED, run_command

__all__ = ['BAD_INPUT', 'INTERRUPTED', 'run_command']
