"""Cases of policies: records, moves and sign-offs with the verdict that they must come to."""
