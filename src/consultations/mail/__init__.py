"""Mail: written so that nobody can smuggle anything into it, and handed to an SMTP server."""
