"""What the desk's decisions teach: the readings of people (readings.py), and how often they agree with suggestions."""
