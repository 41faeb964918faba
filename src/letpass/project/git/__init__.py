"""Git, asked for names and objects alone: nothing is checked out, so no hook, filter, attribute or smudge takes part."""
