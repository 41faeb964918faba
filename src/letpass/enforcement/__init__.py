"""The gate in other people's programs."""
