"""Who speaks for a party, and who has said so."""
