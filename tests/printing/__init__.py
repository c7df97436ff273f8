"""Tensors print as in PyTorch, to the character."""
