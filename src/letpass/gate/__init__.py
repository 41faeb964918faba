"""The judgement of one move of one version: what it rests on, what must have come before, and what ends it."""
