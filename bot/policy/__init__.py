"""`signoff policy`: what the policy says, why, whether it says what it should, and what another one would have said."""
