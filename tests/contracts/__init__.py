"""What every implementation of a port must do; each suite runs on all of them."""
