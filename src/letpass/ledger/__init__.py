"""The audit log: an append-only Merkle tree of every statement that was brought to the gate and everything that it has decided."""
