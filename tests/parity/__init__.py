"""Every entry of PyTorch's own table of operations, run in both libraries and compared.

``python -m tests.parity`` runs all, ``--only cumsum,linalg_`` some (a name that ends in ``_`` or
``*`` is a beginning), ``--verbose`` prints what differs, ``--dtype float64`` restricts the dtypes.

- ``left_out.py`` names the entries that are left out and why. It never grows to make one pass.
- ``not_yet.txt`` names those that do not pass yet; pytest wants all others to pass. ``--update``
  takes entries that pass off the list and stores how many comparisons were made in
  ``counts.json``; a run that makes fewer fails.
- Samples are the table's ``reference_inputs`` in each dtype that the entry and tapegrad have,
  copied with their strides. PyTorch's lambdas and wrappers run as they are, on tapegrad.
- A sample passes if type, shape, dtype and values agree within ``torch.testing.assert_close``'s
  tolerance or the entry's own; if PyTorch refuses it, so must we, with the same class. Then come
  first gradients along a random direction, second derivatives on 16 samples at most, methods,
  in-place forms, operators, aliases, ``out=``, and the entry's error inputs. Where the table itself
  expects PyTorch's second derivatives to be wrong, those that agree are counted and no others.
- Where PyTorch's float16 depends on the processor, ours may instead be as near to the result in
  float64 as PyTorch's is (``truth.py``).
- Results that are free up to sign, order or content follow the rules of ``freedom.py``. Samples
  that hold complex, sparse or bfloat16 values are not counted.
"""
