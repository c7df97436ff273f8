"""Python sees nothing of shapes and strides."""
