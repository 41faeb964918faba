"""Texts that do not read, records that do not read, rules of real gates: what each gives."""
