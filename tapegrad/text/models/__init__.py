"""Encoders of text whose names of parameters are those of published files."""

from tapegrad.text.models.bert import BertModel, Encoded, bert
from tapegrad.text.models.config import BertConfig

__all__ = ["BertConfig", "BertModel", "Encoded", "bert"]
