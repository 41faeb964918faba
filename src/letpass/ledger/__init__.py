"""The audit log: an append-only Merkle tree of everything that the gate was told and has decided."""
