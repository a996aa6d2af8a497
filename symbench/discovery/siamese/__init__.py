"""`siamese`: twin networks that recognise a trajectory."""
