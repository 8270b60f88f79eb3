"""Server-rendered, read-only pages."""
