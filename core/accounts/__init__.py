"""Trace -> Ledger: what an agent did, and who gained what by it, in money."""
