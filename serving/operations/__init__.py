"""What the one who runs a server sees: its log, its metrics, its health, its spans, its backups."""
