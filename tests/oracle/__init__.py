"""The meaning of policies, written anew from docs/language.md and docs/records.md, against the engine.

Nothing that says what a policy means (all but `engine` and the tests) imports anything of `letpass`.
"""
