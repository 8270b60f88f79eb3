"""Pure: text in, decision with evidence out."""
