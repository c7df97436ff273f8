"""The same case in tapegrad and in PyTorch, side by side: ``python -m benchmarks``."""
