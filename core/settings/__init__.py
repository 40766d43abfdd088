"""The settings of a run, one theme per file; `core/context.py` has them all."""
