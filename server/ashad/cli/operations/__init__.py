"""Commands for whoever runs the daemon, one module each.

certs       a private CA and server certificates
completion  completion of the shell
config      each setting and where it comes from
db          check, back up and restore the database
diagnosis   what the doctor finds
doctor      what keeps a client from the daemon
page        the daemon's page, in a browser
packages    what is installed
quota       quotas, and a check of their file
serve       start the daemon
token       make, list and revoke tokens
version     the versions
"""
