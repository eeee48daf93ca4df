"""Compiled functions over the bytes of many texts. Each has a plain twin in the room, and a test that both agree."""
