"""The files around the code: what is built, how it is released, and what the repository says of itself."""
