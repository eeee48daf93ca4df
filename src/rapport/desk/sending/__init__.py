"""What goes out: the conversation with a sender, and the outbox."""
