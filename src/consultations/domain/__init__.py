"""Pure types and rules. Imports the standard library and pydantic only."""
