"""Requests and statements, recorded decisions, moves and their execution, and where registry and ledger differ."""
