"""The use cases. One plain function per step: ``(session, batch) -> result``."""
