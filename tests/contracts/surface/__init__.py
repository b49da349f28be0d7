"""What every surface must do, run on each of them. A replacement of one passes when these pass."""
