"""A file that is replicated, so that a standby can take it over.

marks         who serves which epoch, in the folder that daemon and standby share
confirmation  a writer that waits until the replica has what must not be lost
watch         a daemon that another one has taken over from ends, or does not begin
"""
