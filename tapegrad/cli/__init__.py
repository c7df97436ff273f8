"""The command line: ``tapegrad COMMAND``, or ``python -m tapegrad COMMAND``."""
