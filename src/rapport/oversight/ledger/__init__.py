"""The ledger: what was decided, released and changed in policy, in a chain that shows what is altered later."""
