"""Text: encoders with published weights, tokens, embeddings of sentences.

Tokens come from the package ``tokenizers`` and weights from files of ``safetensors``: both are in
the extra ``text`` (``pip install tapegrad[text]``). Nothing is downloaded.
"""

from tapegrad.text import models
from tapegrad.text.sentences import SentenceEncoder
from tapegrad.text.tokens import Tokenizer

__all__ = ["SentenceEncoder", "Tokenizer", "models"]
