"""The dtypes in which operations are compared."""

FLOATS = ("float64", "float32")
OTHERS = ("int64", "int32", "int16", "int8", "uint8", "bool", "float16")
DTYPES = FLOATS + OTHERS
