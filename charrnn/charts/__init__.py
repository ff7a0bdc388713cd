"""Charts: arrays of numbers → rows of characters. No terminal and no terminal library is needed to draw one."""
