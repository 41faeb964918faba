"""Ways round the gate, door by door: each test is one way and its end; docs/threat-model.md lists them."""
