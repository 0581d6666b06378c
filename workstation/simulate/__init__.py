"""What if? A recorded day with other windows and another policy: how long would people have waited."""
