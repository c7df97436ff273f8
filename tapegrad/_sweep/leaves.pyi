"""Python sees nothing of accumulation but its results."""
