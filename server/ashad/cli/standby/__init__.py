"""`ashad standby`: takes over when the daemon is lost.

standby   the command
primary   whether the other daemon still answers
takeover  its file, from the replica, with a new epoch
"""
