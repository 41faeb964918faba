"""What a program calls: `Gate`, what it reads and writes, and the decision that it is given."""
