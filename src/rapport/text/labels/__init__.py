"""What a message speaks of, in the 35 labels of the disaster messages: START: model.py; how they were learnt:
training.py."""
