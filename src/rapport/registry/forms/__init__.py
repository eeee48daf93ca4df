"""Pure: questionnaires. One engine asks what somebody does about each provision, takes stock, and weighs measures."""
