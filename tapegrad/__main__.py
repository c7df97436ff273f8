"""``python -m tapegrad``: the command ``tapegrad``, which takes a program in its place as well.

A script that has the name of a command is run as ``./NAME`` or by ``run NAME``.
"""

from tapegrad.cli.main import main

if __name__ == "__main__":
    main(takes_programs=True)
