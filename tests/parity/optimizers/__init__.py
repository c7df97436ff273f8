"""Every optimizer of PyTorch's own table, run in both libraries and compared.

``python -m tests.parity.optimizers`` prints a table, ``--verbose`` what differs, ``--update``
stores how many comparisons pass (``counts.json``; a run that makes fewer fails) and ``--write``
makes ``docs/parity_optimizers.md``.

- The optimizers and their options are those of ``optim_db``; what is left out stands in
  ``table.py`` with its reason.
- ``problem.py`` is what they minimise: tensors of several shapes, one of them transposed, one that
  never gets a gradient, in two groups where an optimizer allows it.
- ``check.py`` follows 50 steps in float64 (1e-10) and float32 (PyTorch's tolerance), L-BFGS for 5
  steps (1e-8) and to its final loss (1e-6); then the other implementations (``foreach``,
  ``fused``), gradients through ``differentiable`` steps, state dicts carried to the other library
  and back, what is printed, and the table's mistakes: class and text.
- ``schedules.py`` compares every learning-rate scheduler, step by step.
"""
