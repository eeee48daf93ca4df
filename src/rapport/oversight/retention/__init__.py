"""What people sent is destroyed, on schedule and on request, with proof. START: run.py"""
