"""Three rules of a gate in other policy languages too, and what each makes of evidence that is odd: `make comparisons`.

docs/why-not.md shows what this prints.
"""
