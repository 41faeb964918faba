"""The record of a model version, strict at its edge, and its names as a vocabulary."""
