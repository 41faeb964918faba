"""The roles that mean something to the gate itself; all others mean what policies ask of them."""

ROOT = "root"
"""Signs the trust file."""
POLICY_OWNER = "policy-owner"
"""Signs the policies, and speaks for them."""
BREAK_GLASS = "break-glass"
"""The role whose waivers every report shows first."""
