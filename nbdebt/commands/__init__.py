"""The commands, one a module; each module calls its own ``command``."""
