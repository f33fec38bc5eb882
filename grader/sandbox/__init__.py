"""What runs on the far side of the trust boundary, and what confines it."""
