"""Whole texts that people read, each compared to the letter."""
