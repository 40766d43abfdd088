"""What the doors share: a run inside another run, its callbacks, its saver, its trace."""
