"""Break the glass: a custodian sees for a while how senders can be reached; leads and the ledger know at once."""
