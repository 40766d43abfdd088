"""Imported by the process that `kills` forks: from then on it has what runs need."""

import gc

from imported_once import import_all

import_all()
gc.collect()
gc.freeze()  # what is never touched stays shared
