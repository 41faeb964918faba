"""The arithmetic of confidence: reference values, other engines, and draws."""
