"""Ways round the gate, each a test that is named as a sentence: the way, and how it ends.  docs/threat-model.md lists them."""
