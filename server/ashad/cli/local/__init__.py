"""A search on this machine with no daemon to look after: `--local`.

daemon_process  the private daemon as a process, which ends with its last user
private_daemon  finding or starting it, and leaving it
search          `ashad run --local`: agent, view and result in one
result          how a search came out, in the end
"""
