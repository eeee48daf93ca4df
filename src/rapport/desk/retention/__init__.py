"""What people sent is destroyed: who decides, what is due, what is held. The run itself: oversight/retention."""
