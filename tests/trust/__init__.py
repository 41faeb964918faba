"""Who signed what, and every way to pretend otherwise."""
