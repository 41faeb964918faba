"""What every form of the policy language means, lowered once to two-valued formulas over a record.

Imports the language and the schema alone.  Back ends print the formulas; the reference interpreter knows nothing of them.
"""
