"""The page on which a protocol is proposed, played against the operation's events, and activated."""
