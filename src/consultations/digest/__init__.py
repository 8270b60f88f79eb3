"""The weekly mail: what goes into it, how it is written, and that each reader gets it once."""
