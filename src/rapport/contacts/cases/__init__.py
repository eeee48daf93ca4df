"""What is said between offices: notifications, requests, consultations, and the answers to them, against the clock."""
