"""Say plainly what this machine lacks to build tapegrad; old Pythons too must be able to say it."""

import os
import sys
import sysconfig


def missing():
    """Return one sentence for what is missing, or None."""
    if sys.version_info < (3, 10):
        found = "%d.%d" % sys.version_info[:2]
        return "tapegrad needs Python 3.10 or newer, not %s. Try make PYTHON=python3.12" % found
    try:
        import ensurepip  # noqa: F401  (Debian ships it apart)
        import venv  # noqa: F401
    except ImportError:
        return "This Python cannot make environments; on Debian and Ubuntu install python3-venv."
    if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
        return "This Python has no C headers; on Debian and Ubuntu install python3-dev."
    return missing_compiler()


def missing_compiler():
    """Return one sentence if the C compiler that Python would call is not there, or None."""
    import shutil

    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    return None if shutil.which(compiler) else "No C compiler: %s was not found." % compiler


if __name__ == "__main__":
    sys.exit(missing())
