"""A model of the whole life of versions, and the program held against it, step by step."""
