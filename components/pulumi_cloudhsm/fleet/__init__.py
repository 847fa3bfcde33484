"""Many stacks of one program at once: a declared list, in waves, each stack in its own process."""
