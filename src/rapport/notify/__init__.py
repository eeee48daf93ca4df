"""Outbox rows become answers to senders."""
