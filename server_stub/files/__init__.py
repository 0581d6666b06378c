"""Files of cases at the centre: sealed on the disk, named by what is in them, taken in pieces."""
