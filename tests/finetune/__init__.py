"""Adapting pretrained networks."""
