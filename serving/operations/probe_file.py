"""How the file is called that a health check writes for a moment."""

PROBE = ".health-"
