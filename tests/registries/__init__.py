"""Registries: what is read of them, and how versions move there."""
