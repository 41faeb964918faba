"""Kinds of statements: the types that name them in an envelope, and what they have in common."""

TYPE = "https://in-toto.io/Statement/v1"
REQUEST = "urn:letpass:request:v1"
SIGNOFF = "urn:letpass:signoff:v1"
OBJECTION = "urn:letpass:objection:v1"
WITHDRAWAL = "urn:letpass:withdrawal:v1"
REVOCATION = "urn:letpass:revocation:v1"
LIFT = "urn:letpass:lift:v1"
ADOPTION = "urn:letpass:adoption:v1"
UNGATE = "urn:letpass:ungate:v1"
STANDING = "urn:letpass:standing:v1"
CLOCK = "urn:letpass:clock:v1"
KEY = "urn:letpass:key:v1"
RECOVERY = "urn:letpass:recovery:v1"
WAIVER = "urn:letpass:waiver:v1"
POLICIES = "urn:letpass:policies:v1"
EVIDENCE = "urn:letpass:evidence:v1"
BEGIN = "urn:letpass:begin:v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SUMMARY = "https://slsa.dev/verification_summary/v1"

KINDS = {
    REQUEST: "request",
    SIGNOFF: "sign-off",
    OBJECTION: "objection",
    WITHDRAWAL: "withdrawal",
    REVOCATION: "revocation",
    LIFT: "lift",
    ADOPTION: "adoption",
    UNGATE: "ungate",
    STANDING: "standing",
    CLOCK: "clock",
    KEY: "key",
    RECOVERY: "recovery",
    WAIVER: "waiver",
    POLICIES: "policy set",
    EVIDENCE: "evidence",
    BEGIN: "begin",
    SUMMARY: "decision",
}
ROOTED = frozenset({CLOCK, KEY, RECOVERY})
"""Words about the ledger itself, which the root of the trust file signs together, as many of it as its threshold."""
LONGEST = 2000  # characters of a text in a statement

UNNAMED = "letpassFacts"
"""The algorithm of the digest of what a record says, which stands for a subject that records no artifact."""
WITHOUT_BYTES = frozenset({SUMMARY, STANDING, OBJECTION, WITHDRAWAL, REVOCATION, LIFT})
"""The types that may be about a version whose bytes have no digest."""
