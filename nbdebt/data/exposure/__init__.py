"""Who can read an output: mode bits, access control lists, groups, mounts, web directories, git, buckets,
databases. One file a question; nothing is asked over the network, and what can't be known is said to be
unknown."""
