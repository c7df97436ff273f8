"""Extensions, compiler flags and Cython directives; the metadata is in pyproject.toml."""

import os
import sys
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

PACKAGE = Path("tapegrad")
PYTHON = "{}.{}".format(*sys.version_info)
KERNELS = PACKAGE / "_kernels" / "kernel.pyx"
C_KERNELS = sorted(str(path) for path in (PACKAGE / "_c").glob("*.c"))
C_HEADERS = sorted(str(path) for path in (PACKAGE / "_c").glob("*.h"))
# No flag here changes a result; -fno-trapping-math lets both sides of a choice be computed. Lines
# for debuggers, which Python's own flags ask for, would be four fifths of a wheel; a copy of each
# loop for every condition that does not change in it would be a twelfth; how to unwind the stack at
# each instruction, which C has no use for, a thirtieth.
COMPILER_FLAGS = [
    "-O3", "-g0", "-std=c11", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off",
    "-fno-unswitch-loops", "-fno-asynchronous-unwind-tables", "-Wno-unused-function",
]  # fmt: skip
SANITIZER_FLAGS = [
    "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer",
    "-g1", "-O1",  # gcc would take far longer to follow variables through convolve.c
]  # fmt: skip

DIRECTIVES = {
    "language_level": "3",
    "initializedcheck": False,
    "cdivision": True,
    "embedsignature": True,
    "embedsignature.format": "clinic",
    # What lets a function be asked for its parameters is 8 kB of a wheel a module, and one that
    # refuses to pickle objects which cannot be 5.
    "binding": False,
    "auto_pickle": False,
}
CHECKED_DIRECTIVES = {
    **DIRECTIVES,
    "initializedcheck": True,
    "nonecheck": True,
    "overflowcheck": True,
}


def extensions() -> list[Extension]:
    """One extension a .pyx file; only ``_kernels.kernel`` contains the C kernels."""
    return [
        Extension(
            ".".join(source.with_suffix("").parts),
            [str(source), *(C_KERNELS if source == KERNELS else [])],
            depends=C_HEADERS,  # cythonize follows the .pxd files itself
            include_dirs=[numpy.get_include(), str(PACKAGE / "_c")],
            define_macros=[
                ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
                # The oldest NumPy that can be under us; older headers hide some fields without it.
                ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
            ],
            extra_compile_args=COMPILER_FLAGS,
            extra_link_args=["-pthread"],
        )
        # The one that takes longest first, so that the others are compiled beside it.
        for source in sorted(PACKAGE.rglob("*.pyx"), key=lambda path: (path != KERNELS, path))
    ]


class BuildExtensions(build_ext):
    """Translate the .pyx files as late as possible, so that ``--checks`` can decide how."""

    user_options = [
        *build_ext.user_options,
        ("checks", None, "turn every Cython check on"),
        ("sanitize", None, "look for bad memory accesses and undefined behaviour while running"),
        ("translate-only", None, "write the C of the .pyx files, and compile nothing"),
    ]
    boolean_options = [*build_ext.boolean_options, "checks", "sanitize", "translate-only"]

    def initialize_options(self) -> None:
        super().initialize_options()
        self.checks = self.sanitize = self.translate_only = False

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()
        self.extensions = cythonize(
            self.extensions,
            compiler_directives=CHECKED_DIRECTIVES if self.checks else DIRECTIVES,
            # Pythons may have NumPys of different ages, for which Cython writes different C.
            build_dir=f"build/{'checked' if self.checks else 'cython'}-{PYTHON}",
            # Elsewhere a child process would run this file again.
            nthreads=self.parallel if sys.platform == "linux" else 0,
            annotate=False,
        )
        for extension in self.extensions:
            # The step that setuptools takes for extensions it knew from the start.
            extension._needs_stub = False
            if self.sanitize:
                extension.extra_compile_args = [*COMPILER_FLAGS, *SANITIZER_FLAGS]
                extension.extra_link_args = [*extension.extra_link_args, SANITIZER_FLAGS[0]]
            elif sys.platform == "linux" and not self.inplace:
                # A wheel needs no names of functions; profiles of a build in place do.
                extension.extra_link_args = [*extension.extra_link_args, "-s"]
            extension._full_name = extension.name
            extension._file_name = self.get_ext_filename(extension.name)

    def run(self) -> None:
        if not self.translate_only:
            super().run()


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildExtensions})
