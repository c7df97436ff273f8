"""The examples as they are run by hand."""
