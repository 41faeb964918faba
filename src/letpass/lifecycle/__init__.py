"""The life of a version: what is asked of people, decided, logged and made, and how registry and ledger differ over it."""
