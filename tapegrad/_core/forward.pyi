"""Python sees nothing of the forward of operations but its results."""
