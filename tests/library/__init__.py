"""The shipped policy library, judged by its own cases."""
