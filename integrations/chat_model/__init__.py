"""The chat model's door: TPO in the place of a model.

Saved chains name the class by this path, so it stays importable from here.
"""

from .chat_tpo import ChatTPO

__all__ = ["ChatTPO"]
