"""Evidence in the formats of other programs, read as parts of a record."""
