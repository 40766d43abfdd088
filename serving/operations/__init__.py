"""What the operator of a server sees: its log, metrics, health, spans and backups."""
