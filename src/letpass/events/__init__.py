"""Telling webhooks and commands what was logged: in order, at least once, and again later where nobody answers."""
